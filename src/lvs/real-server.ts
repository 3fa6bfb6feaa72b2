/**
 * Real servers as `client` lines meet them: they answer, refuse or keep silent.
 *
 * A server that answers knows its connections, as a real one does: a segment of one it has never seen, or
 * has closed, is answered with a reset.
 *
 * @module
 */
import type { Endpoint } from "../net/endpoint.ts";
import * as number from "../net/protocol.ts";
import type { PacketSpec } from "../scenario/packet-spec.ts";
import { chunkType } from "../scenario/sctp-chunks.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import { ACK, FIN, PSH, RST, SYN } from "../wire/tcp.ts";
import type { Departure } from "./departure.ts";
import { addressKey } from "./ends.ts";
import type { Behaviour } from "./script.ts";

/** Bytes a server answers a request with. */
const ANSWER = new TextEncoder().encode("answer");

const CHUNK = (name: string): number => chunkType(name)!;
/** What a chunk is answered with. */
const SCTP_ANSWERS: ReadonlyMap<number, number> = new Map(
  (
    [
      ["INIT", "INIT_ACK"],
      ["COOKIE_ECHO", "COOKIE_ACK"],
      ["DATA", "SACK"],
      ["SHUTDOWN", "SHUTDOWN_ACK"],
    ] as const
  ).map(([asked, answered]) => [CHUNK(asked), CHUNK(answered)]),
);

/** All real servers of a script. */
export class RealServers {
  readonly #behaviours = new Map<string, Behaviour>();
  /** Connections that were opened and not closed, server and client. */
  readonly #connections = new Set<string>();

  /** Has a server behave in a way from now on. */
  set(address: Departure["packet"]["to"], behaviour: Behaviour): void {
    this.#behaviours.set(addressKey(address), behaviour);
  }

  /** Returns what the server that gets a packet sends back; `undefined` for nothing. */
  answer(arrived: Departure): PacketSpec | undefined {
    const { packet, server } = arrived;
    if (server === undefined) return undefined;
    const behaviour = this.#behaviours.get(addressKey(server.address)) ?? "answers";
    if (behaviour === "silent") return undefined;
    if (packet.fromPort === undefined || packet.toPort === undefined) return undefined;
    const from: Endpoint = { address: packet.to, port: packet.toPort };
    const to: Endpoint = { address: packet.from, port: packet.fromPort };
    switch (packet.protocol) {
      case number.TCP: {
        const flags =
          behaviour === "refuses" ? refusal(packet.flags) : this.#tcpFlags(arrived, from, to);
        if (flags === undefined) return undefined;
        const payload = (flags & PSH) !== 0 ? { payload: ANSWER } : {};
        return { protocol: "tcp", from, to, flags, ...payload };
      }
      case number.UDP: {
        if (behaviour === "answers") return { protocol: "udp", from, to, payload: ANSWER };
        const [type, code] =
          packet.family === 4
            ? [icmpv4.UNREACHABLE, icmpv4.PORT_UNREACHABLE]
            : [icmpv6.UNREACHABLE, icmpv6.PORT_UNREACHABLE];
        const ends = { from: packet.to, to: packet.from };
        return { protocol: "icmp", ...ends, type, code, payload: packet.bytes.slice() };
      }
      case number.SCTP: {
        const chunk = behaviour === "refuses" ? CHUNK("ABORT") : SCTP_ANSWERS.get(packet.chunk);
        return chunk === undefined ? undefined : { protocol: "sctp", from, to, chunks: [chunk] };
      }
      default:
        return undefined;
    }
  }

  #tcpFlags({ packet, server }: Departure, from: Endpoint, to: Endpoint): number | undefined {
    const ends = [server!.address, from.address, to.address].map(addressKey);
    const key = [...ends, from.port, to.port].join(" ");
    const { flags } = packet;
    if ((flags & RST) !== 0) {
      this.#connections.delete(key);
      return undefined;
    }
    if ((flags & SYN) !== 0) {
      this.#connections.add(key);
      return SYN | ACK;
    }
    if (!this.#connections.has(key)) return refusal(flags);
    if ((flags & FIN) !== 0) {
      this.#connections.delete(key);
      return FIN | ACK;
    }
    return (flags & PSH) !== 0 ? PSH | ACK : undefined;
  }
}

/** Returns the flags a segment is refused with (RFC 9293 §3.10.7.1). */
function refusal(flags: number): number | undefined {
  if ((flags & RST) !== 0) return undefined;
  return (flags & ACK) !== 0 && (flags & SYN) === 0 ? RST : RST | ACK;
}
