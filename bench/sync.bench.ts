/**
 * What telling other directors costs a master: 100,000 new connections a second, and what is left for
 * forwarding.
 *
 *     npm run bench:sync
 *
 * A second of load is played as fast as it goes, in processor time: 100,000 connections of three packets
 * each (the third is told), beside packets of connections that are open. Messages go out of a real socket
 * on the loopback.
 *
 * @module
 */
import { MulticastPorts } from "../dataplane/multicast-ports.ts";
import { StaticHost } from "../dataplane/static-host.ts";
import { schedulers } from "../schedulers/index.ts";
import { ManualClock } from "../src/base/clock.ts";
import { Director } from "../src/engine/director.ts";
import type { MulticastEnd, MulticastSender } from "../src/engine/host.ts";
import { destinationConfig, serviceConfig, serviceId } from "../src/engine/shorthand.ts";
import { formatAddress, ipv4Address, parseAddress } from "../src/net/address.ts";
import { parseEndpoint } from "../src/net/endpoint.ts";
import { Frame } from "../src/wire/frame.ts";
import * as ipv4 from "../src/wire/ipv4.ts";
import * as tcp from "../src/wire/tcp.ts";
import { Report, withSpread } from "./support/report.ts";
import { middle, pairedRatio, pairedRounds } from "./support/rounds.ts";

/** New connections, and other packets, of one second of load. */
const NEW = 100_000;
const FORWARDED = 200_000;
const OPEN = 10_000;
const ROUNDS = 9;
const WARM = 2;
const VIP = "10.0.0.100";
const SECOND = 1000;
/** Index of the loopback. */
const LOOPBACK = 1;

/** A host whose messages leave, where they can. */
class BenchHost extends StaticHost {
  readonly #ports = new MulticastPorts(() => LOOPBACK);

  openMulticastSender(end: MulticastEnd): MulticastSender {
    return this.#ports.openSender(end);
  }
}

/** A director under load. */
class Load {
  readonly director: Director;
  readonly #clock = new ManualClock();
  readonly #frame = new Frame();
  readonly #segment: Uint8Array;
  readonly #view: DataView;
  #client = 0;

  constructor(synchronised: boolean) {
    const addresses = [VIP, "192.168.10.1"].map(parseAddress);
    const interfaces = new Map([["lo", { up: true, mtu: 65536 }]]);
    const host = new BenchHost({ addresses, interfaces, source: addresses[1]! });
    this.director = new Director({ schedulers, clock: this.#clock, host });
    const service = serviceId("tcp", `${VIP}:80`);
    this.director.addService(service, serviceConfig({ scheduler: "rr" }));
    for (let server = 11; server < 21; server++) {
      const end = parseEndpoint(`192.168.10.${server}:80`);
      this.director.addDestination(service, end, destinationConfig({ method: "masquerade" }));
    }
    if (synchronised) {
      this.director.startDaemon({ role: "master", interfaceName: "lo", syncId: 1 });
    }
    this.#segment = new Uint8Array(ipv4.HEADER_LENGTH + tcp.HEADER_LENGTH);
    this.#view = new DataView(this.#segment.buffer);
    ipv4.setHeaderLength(this.#view, 0, ipv4.HEADER_LENGTH);
    ipv4.setTotalLength(this.#view, 0, this.#segment.length);
    ipv4.setTtl(this.#view, 0, 64);
    ipv4.setProtocol(this.#view, 0, 6);
    ipv4.setDst(this.#view, 0, parseAddress(VIP).words[0]!);
    tcp.setDstPort(this.#view, ipv4.HEADER_LENGTH, 80);
    tcp.setHeaderLength(this.#view, ipv4.HEADER_LENGTH, tcp.HEADER_LENGTH);
    for (let open = 0; open < OPEN; open++) {
      this.#send(open, tcp.SYN);
      this.#send(open, tcp.ACK);
    }
    this.#client = OPEN;
  }

  /** Plays a second, and returns the processor time it took, in ms. */
  second(): number {
    const before = process.cpuUsage();
    const each = FORWARDED / NEW;
    for (let made = 0; made < NEW; made++) {
      const client = this.#client++;
      this.#send(client, tcp.SYN);
      this.#send(client, tcp.ACK);
      this.#send(client, tcp.ACK);
      for (let other = 0; other < each; other++) {
        this.#send((made * each + other) % OPEN, tcp.ACK);
      }
      // A kernel's clock goes on as well.
      if (made % 400 === 399) {
        this.#clock.advance((SECOND * 400) / NEW);
        this.director.advance();
      }
    }
    const { user, system } = process.cpuUsage(before);
    // The connections end, so that rounds are alike.
    for (let client = this.#client - NEW; client < this.#client; client++) {
      this.#send(client, tcp.RST);
    }
    this.#clock.advance(20 * SECOND);
    this.director.advance();
    return (user + system) / 1000;
  }

  #send(client: number, flags: number): void {
    const view = this.#view;
    ipv4.setSrc(view, 0, 0x0b000000 + (client & 0xfffff));
    tcp.setSrcPort(view, ipv4.HEADER_LENGTH, 1024 + ((client >>> 20) % 60000));
    tcp.setFlags(view, ipv4.HEADER_LENGTH, flags);
    ipv4.updateHeaderChecksum(view, 0);
    this.#frame.load(this.#segment);
    this.director.localIn(this.#frame);
  }
}

const report = new Report("sync", undefined);
const plain = new Load(false);
const telling = new Load(true);
const samples = await pairedRounds(
  [
    { name: "without", run: () => plain.second() },
    { name: "with", run: () => telling.second() },
  ],
  ROUNDS,
  WARM,
);
const without = samples.get("without")!;
const withIt = samples.get("with")!;
const packets = 3 * NEW + FORWARDED;
const row = (name: string, times: readonly number[]) => {
  const time = middle(times);
  const spare = 1000 - time.median;
  return [
    name,
    withSpread(time, 0),
    `${((packets / time.median) * 1000).toFixed(0)}`,
    `${(spare / 10).toFixed(0)} %`,
  ];
};
report.table(
  `${NEW} new connections and ${FORWARDED} packets of others a second, ${formatAddress(ipv4Address(0x0a000064))}`,
  ["synchronisation", "ms of processor", "packets/s at most", "left of a core"],
  [row("off", without), row("on", withIt)],
);
const { sentRecords, sentMessages, lostMessages } = telling.director.synchronisation();
report.say(`\nratio ${withSpread(pairedRatio(withIt, without), 2)}`);
report.say(`${sentRecords} records in ${sentMessages} messages, ${lostMessages} lost`);
telling.director.close();
report.end();
