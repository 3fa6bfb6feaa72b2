/**
 * A director with many connections and no network, for the benchmark of their listing.
 *
 *     node crowded-director.js SOCKET CONNECTIONS
 *
 * Connections are made by first packets handed to the engine; its time stands still, so none expires.
 * Tells its parent `ready`, and for each message from it the longest time in ms since the one before
 * that other events had to wait: packets would have waited as long.
 *
 * @module
 */
import { setInterval } from "node:timers";
import { StaticHost } from "../dataplane/static-host.ts";
import { schedulers } from "../schedulers/index.ts";
import { ManualClock } from "../src/base/clock.ts";
import { directorServices } from "../src/control/director-services.ts";
import { NetlinkServer } from "../src/control/netlink-server.ts";
import { ControlSocket } from "../src/daemon/control-socket.ts";
import { EngineHost } from "../src/daemon/engine-host.ts";
import { InlineEngine } from "../src/daemon/inline-engine.ts";
import { refusal } from "../src/daemon/refusal.ts";
import { Director } from "../src/engine/director.ts";
import { ipv4Address } from "../src/net/address.ts";
import { TCP } from "../src/net/protocol.ts";
import { Frame } from "../src/wire/frame.ts";
import * as ipv4 from "../src/wire/ipv4.ts";
import * as tcp from "../src/wire/tcp.ts";

const VIRTUAL = 0xc0000201;
const SERVER = 0x0a020000;
const SERVERS = 100;
const FIRST_CLIENT = 0x0a400000;
const CLIENTS = 4096;
const FIRST_PORT = 1024;
const LENGTH = 40;
const SYN = 0x02;
/** Milliseconds between two looks at the clock. */
const BEAT = 1;

const [path = "", connections = "0"] = process.argv.slice(2);

const host = new StaticHost();
const clock = new ManualClock();
const director = new Director({ schedulers, clock, host });

function configure(): void {
  const address = ipv4Address(VIRTUAL);
  const service = { family: 4, protocol: TCP, address, port: 80, fwmark: 0 } as const;
  const config = { scheduler: "rr", flags: 0, timeout: 0, netmask: 0xffffffff };
  director.addService(service, config);
  for (let server = 1; server <= SERVERS; server++) {
    director.addDestination(
      service,
      { address: ipv4Address(SERVER + server), port: 80 },
      {
        method: "masquerade",
        weight: 1,
        upperThreshold: 0,
        lowerThreshold: 0,
        tunnelType: 0,
        tunnelPort: 0,
        tunnelFlags: 0,
      },
    );
  }
}

function connect(count: number): void {
  const frame = new Frame();
  for (let made = 0; made < count; made++) {
    frame.reset();
    const { view, start } = frame;
    frame.end = start + LENGTH;
    frame.bytes.fill(0, start, frame.end);
    view.setUint8(start, 0x45);
    ipv4.setTotalLength(view, start, LENGTH);
    ipv4.setTtl(view, start, 64);
    ipv4.setProtocol(view, start, TCP);
    ipv4.setSrc(view, start, FIRST_CLIENT + (made % CLIENTS));
    ipv4.setDst(view, start, VIRTUAL);
    ipv4.updateHeaderChecksum(view, start);
    const segment = start + 20;
    tcp.setSrcPort(view, segment, FIRST_PORT + Math.floor(made / CLIENTS));
    tcp.setDstPort(view, segment, 80);
    tcp.setHeaderLength(view, segment, 20);
    tcp.setFlags(view, segment, SYN);
    director.localIn(frame);
  }
}

async function serve(): Promise<void> {
  const server = new NetlinkServer(director, directorServices(director));
  const engineHost = new EngineHost({
    deviceName: "none",
    configuration: director,
    answer: (messages) => server.pieces(messages),
    loop: { turn: () => 0, flooded: false, nextDeadline: () => Number.POSITIVE_INFINITY },
    release: () => undefined,
    log: () => undefined,
  });
  const engine = new InlineEngine(engineHost, clock, (error) => {
    throw error;
  });
  await engine.start();
  await ControlSocket.listen(path, {
    answer: (messages) => engine.answer(messages),
    refuse: refusal,
  });
}

configure();
connect(Number(connections));
if (director.connectionCount !== Number(connections)) {
  throw new Error(`${director.connectionCount} of ${connections} connections were made`);
}
await serve();

let last = performance.now();
let longest = 0;
setInterval(() => {
  const now = performance.now();
  longest = Math.max(longest, now - last - BEAT);
  last = now;
}, BEAT);
process.on("message", () => {
  process.send?.(longest);
  longest = 0;
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
