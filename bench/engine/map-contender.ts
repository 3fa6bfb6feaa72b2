/**
 * What one would write first, as a contender: a `Map` of connections by strings, an object each.
 *
 *     node map-contender.js nat CONNECTIONS
 *
 * It does what `bench/limit/limit.c` does, in the plain style: same checks, same rewriting, same counters.
 *
 * @module
 */
import { TCP } from "../../src/net/protocol.ts";
import * as checksum from "../../src/wire/checksum.ts";
import type { Frame } from "../../src/wire/frame.ts";
import * as ipv4 from "../../src/wire/ipv4.ts";
import * as tcp from "../../src/wire/tcp.ts";
import { type Contender, obey, Player } from "./contender.ts";
import { FIRST_SERVER, PORT, SERVERS } from "./crowd.ts";

const [, connections = "1000"] = process.argv.slice(2);
const SECONDS = 900;

interface Server {
  readonly address: number;
  readonly port: number;
  packets: number;
  bytes: number;
}

interface MappedConnection {
  readonly server: Server;
  state: "SYN_RECV" | "ESTABLISHED";
  packets: number;
  expires: number;
}

class MapContender implements Contender {
  readonly #connections = new Map<string, MappedConnection>();
  readonly #servers = Array.from(
    { length: SERVERS },
    (_, index): Server => ({ address: FIRST_SERVER + index, port: PORT, packets: 0, bytes: 0 }),
  );
  readonly #total = { packets: 0, bytes: 0 };
  #turn = 0;

  take(batch: readonly Frame[], count: number): void {
    for (let at = 0; at < count; at++) {
      if (!this.#forward(batch[at]!)) throw new Error("A packet was not forwarded");
    }
  }

  #forward({ view, start, end }: Frame): boolean {
    if (!ipv4.isWhole(view, start, end) || !ipv4.checksumIsRight(view, start)) return false;
    if (ipv4.protocol(view, start) !== TCP || ipv4.ttl(view, start) <= 1) return false;
    const segment = start + ipv4.headerLength(view, start);
    if (!tcp.isWhole(segment, end)) return false;
    const source = ipv4.src(view, start);
    const target = ipv4.dst(view, start);
    const port = tcp.dstPort(view, segment);
    const key = `${TCP} ${source}:${tcp.srcPort(view, segment)} ${target}:${port}`;
    const syn = (tcp.flags(view, segment) & tcp.SYN) !== 0;
    let connection = this.#connections.get(key);
    if (connection === undefined) {
      if (!syn) return false;
      const server = this.#servers[this.#turn++ % SERVERS]!;
      connection = { server, state: "SYN_RECV", packets: 0, expires: 0 };
      this.#connections.set(key, connection);
    }
    const { server } = connection;
    if (!syn) connection.state = "ESTABLISHED";
    connection.expires = SECONDS;
    connection.packets++;
    server.packets++;
    server.bytes += end - start;
    this.#total.packets++;
    this.#total.bytes += end - start;
    ipv4.adjustTtl(view, start, -1);
    ipv4.setDst(view, start, server.address);
    ipv4.updateHeaderChecksum(view, start);
    tcp.setDstPort(view, segment, server.port);
    const value = checksum.replace32(tcp.checksum(view, segment), target, server.address);
    tcp.setChecksum(view, segment, checksum.replace16(value, port, server.port));
    return true;
  }
}

const player = new Player(new MapContender(), Number(connections));
await obey({ open: () => player.open(), run: (packets) => player.run(packets) });
