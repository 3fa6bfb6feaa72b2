/**
 * ICMP errors about the director's own tunnels: a router on the way to a real server could not forward
 * what was encapsulated here. The client is told in its own terms.
 *
 *     ICMP error | outer IP | (GRE, or UDP and GUE) | inner IP of the request
 *
 * Only IPv4, like the kernel: outside and inside.
 *
 * Source: linux ip_vs_core.c `ip_vs_in_icmp`, `ipvs_gre_decap`, `ipvs_udp_decap`.
 *
 * @module
 */
import { GRE, IPIP, UDP } from "../net/protocol.ts";
import * as gre from "../wire/gre.ts";
import * as gue from "../wire/gue.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { TUNNEL_TYPE } from "../wire/ipvs-objects.ts";
import * as udp from "../wire/udp.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import { findRequest } from "./connection-lookup.ts";
import { NO_CONNECTION } from "./connection-records.ts";
import { type Decision, describeConnection } from "./decision.ts";
import type { Destination } from "./destination.ts";
import type { EngineState } from "./engine-state.ts";
import { errorChecksumIsRight } from "./forward/rewrite-error.ts";
import type { IcmpErrors } from "./icmp-errors.ts";
import { HOOK, Packet } from "./packet.ts";
import { REASON, VERDICT } from "./verdict.ts";

/** No packet of a tunnel of this host. */
export const NO_TUNNEL = -1;
/** A tunnel's packet that is nobody's business. */
const LEAVE_ALONE = -2;

/** The least MTU an IPv4 link may have, in bytes (RFC 791 §3.2). */
const LEAST_MTU = 68;
const MTU_MASK = 0xffff;

/** Handles the tunnel errors of one director. */
export class TunnelErrors {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #errors: IcmpErrors;
  readonly #decision: Decision;
  readonly #inner = new Packet();
  readonly #tunnelEnd = new Uint32Array(4);

  constructor(
    state: EngineState,
    lifecycle: ConnectionLifecycle,
    errors: IcmpErrors,
    decision: Decision,
  ) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#errors = errors;
    this.#decision = decision;
  }

  /** Whether the error was about a tunnel's packet, `outer`; if so, it is decided. */
  handle(packet: Packet, outer: Packet): boolean {
    if (packet.family !== 4) return false;
    const header = this.headerOf(packet, outer);
    if (header === NO_TUNNEL) return false;
    const decision = this.#decision;
    const inner = this.#inner;
    if (header === LEAVE_ALONE || !inner.parseQuoted(packet, outer.transport + header, false)) {
      decision.give(VERDICT.accept, REASON["unrelated-icmp"]);
      return true;
    }
    const connection =
      inner.fragmentOffset === 0 ? findRequest(this.#state.connections, inner) : NO_CONNECTION;
    if (connection === NO_CONNECTION) {
      decision.give(VERDICT.accept, REASON["unrelated-icmp"]);
      return true;
    }
    describeConnection(decision, this.#state, this.#lifecycle, connection);
    if (!errorChecksumIsRight(packet)) {
      decision.give(VERDICT.drop, REASON["bad-icmp-checksum"]);
      return true;
    }
    decision.give(VERDICT.drop, REASON["tunnel-error"]);
    this.#tell(packet, outer, header, connection);
    return true;
  }

  /** Tells the client of the error, unless it need not know. */
  #tell(packet: Packet, outer: Packet, header: number, connection: number): void {
    const { view, transport } = packet;
    const inner = this.#inner;
    const type = icmpv4.type(view, transport);
    const code = icmpv4.code(view, transport);
    let rest = icmpv4.rest(view, transport);
    if (type === icmpv4.UNREACHABLE && code === icmpv4.FRAGMENTATION_NEEDED) {
      const mtu = this.#learn(outer, rest & MTU_MASK, this.#lifecycle.destination(connection));
      if (!ipv4.dontFragment(view, inner.network)) return;
      rest = this.toldMtu(outer, header, mtu);
    }
    this.#lifecycle.countOut(this.#lifecycle.destination(connection), inner.length);
    this.#errors.send(inner, type, code, rest);
  }

  /**
   * Tells the host of the MTU reported for the way of `outer` and returns what the client is to be told
   * of: the MTU of the way as its last packet knew it, which is the new one only where a report had changed it
   * before that packet.
   */
  #learn(outer: Packet, reported: number, destination: Destination | undefined): number {
    const { host } = this.#state;
    this.#tunnelEnd.set(outer.destination);
    host.reportPathMtu?.(4, this.#tunnelEnd, reported);
    if (destination === undefined || destination.pathMtu === 0) return reported;
    if (!destination.pathLearned) return destination.pathMtu;
    return host.route(4, this.#tunnelEnd)?.mtu ?? reported;
  }

  /** Returns the MTU a client is told of, where that of its tunnel's way is `mtu`. */
  toldMtu(outer: Packet, header: number, mtu: number): number {
    const { exactTunnelMtu } = this.#state.profile;
    const overhead = exactTunnelMtu ? outer.transport - outer.network + header : ipv4.HEADER_LENGTH;
    return mtu > LEAST_MTU + overhead ? mtu - overhead : mtu;
  }

  /**
   * Returns the length of what stands between the outer IP header of a packet an error is about and the inner
   * one: NO_TUNNEL where it is no tunnel's of this host, another negative number where it is nobody's business.
   */
  headerOf(packet: Packet, outer: Packet): number {
    switch (outer.protocol) {
      case IPIP:
        return this.#leadsTo(outer, TUNNEL_TYPE.ipip, 0) &&
          this.#isForThisHost(packet) &&
          outer.fragmentOffset === 0
          ? 0
          : LEAVE_ALONE;
      case UDP:
        return this.#isForThisHost(packet) ? this.#gueHeader(outer) : NO_TUNNEL;
      case GRE:
        return this.#isForThisHost(packet) ? this.#greHeader(outer) : NO_TUNNEL;
      default:
        return NO_TUNNEL;
    }
  }

  #gueHeader(outer: Packet): number {
    const { view, transport } = outer;
    const at = transport + udp.HEADER_LENGTH;
    if (outer.fragmentOffset !== 0 || !outer.has(transport, udp.HEADER_LENGTH)) return NO_TUNNEL;
    if (!this.#leadsTo(outer, TUNNEL_TYPE.gue, udp.dstPort(view, transport))) return NO_TUNNEL;
    const readable =
      gue.isWhole(at, outer.end) &&
      gue.version(view, at) === 0 &&
      !gue.isControl(view, at) &&
      gue.protocol(view, at) === IPIP;
    return readable ? udp.HEADER_LENGTH + gue.headerLength(view, at) : NO_TUNNEL;
  }

  #greHeader(outer: Packet): number {
    const { view, transport } = outer;
    if (outer.fragmentOffset !== 0 || !gre.isWhole(transport, outer.end)) return NO_TUNNEL;
    if (!this.#leadsTo(outer, TUNNEL_TYPE.gre, 0)) return NO_TUNNEL;
    const flags = gre.flags(view, transport);
    if ((flags & ~gre.CHECKSUM_PRESENT) !== 0) return NO_TUNNEL;
    if (gre.protocol(view, transport) !== gre.PROTOCOL_IPV4) return NO_TUNNEL;
    return flags === 0 ? gre.HEADER_LENGTH : gre.HEADER_LENGTH_CHECKSUM;
  }

  #leadsTo(outer: Packet, type: number, port: number): boolean {
    // Of tunnels of several types to one address the kernel sees the newest alone.
    return this.#state.index.findTunnel(4, outer.destination, port)?.config.tunnelType === type;
  }

  #isForThisHost(packet: Packet): boolean {
    if (packet.hook === HOOK.localOut) return this.#state.host.isLocal(4, packet.destination);
    return packet.hook === HOOK.localIn;
  }
}
