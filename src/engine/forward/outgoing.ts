/**
 * The step every forwarding method takes first: the way to the real server, TTL, and MTU.
 *
 * @module
 */
import type { AddressWords, Family } from "../../net/address.ts";
import { ICMP } from "../../net/protocol.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import type { ConnectionHandle } from "../connection-records.ts";
import type { Decision } from "../decision.ts";
import type { EngineState } from "../engine-state.ts";
import type { Route } from "../host.ts";
import type { IcmpErrors } from "../icmp-errors.ts";
import type { Packet } from "../packet.ts";
import { REASON, VERDICT } from "../verdict.ts";

/** A tunnel whose packets may not even be this long is of no use (RFC 791: every host takes 68). */
const LEAST_TUNNEL_MTU = 68;
const LOOPBACK_NETWORK = 127;

/** What a method allows, and what it adds to a packet. */
export interface OutgoingRules {
  /** Whether a packet for another host may end at this host instead. */
  readonly foreignToLocal: boolean;
  /** Whether it encapsulates, which makes the MTU test depend on pmtu_disc. */
  readonly tunnel: boolean;
}

/** The common step of one director. */
export class Outgoing {
  readonly #state: EngineState;
  readonly #errors: IcmpErrors;
  readonly #decision: Decision;

  constructor(state: EngineState, errors: IcmpErrors, decision: Decision) {
    this.#state = state;
    this.#errors = errors;
    this.#decision = decision;
  }

  /**
   * Prepares the packet for its way to `target` and returns the way, or `undefined` when it was dropped:
   * then the decision says why.
   *
   * @param overhead bytes the method will put in front
   */
  prepare(
    packet: Packet,
    connection: ConnectionHandle,
    family: Family,
    target: Readonly<AddressWords>,
    overhead: number,
    rules: OutgoingRules,
  ): Route | undefined {
    const route = this.#state.host.route(family, target);
    if (route === undefined) {
      this.#errors.send(packet, icmpv4.UNREACHABLE, icmpv4.HOST_UNREACHABLE, 0, connection);
      return this.#refuse("no-route");
    }
    if (route.local) {
      const foreign = !this.#state.host.isLocal(packet.family, packet.destination);
      return foreign && !rules.foreignToLocal ? this.#refuse("route-not-allowed") : route;
    }
    if (packet.source[0]! >>> 24 === LOOPBACK_NETWORK) return this.#refuse("route-not-allowed");

    if (ipv4.ttl(packet.view, packet.network) <= 1) {
      this.#errors.send(packet, icmpv4.TIME_EXCEEDED, 0, 0, connection);
      return this.#refuse("time-exceeded");
    }
    // Before the test of the length, so that an error quotes the packet with its TTL lowered.
    ipv4.adjustTtl(packet.view, packet.network, -1);
    const mtu = route.mtu - overhead;
    if (rules.tunnel && mtu < LEAST_TUNNEL_MTU) return this.#refuse("tunnel-mtu-too-small");
    const mayTest = !rules.tunnel || this.#state.sysctls.pmtu_disc !== 0;
    if (
      mayTest &&
      packet.length > mtu &&
      ipv4.dontFragment(packet.view, packet.network) &&
      !isIcmpError(packet)
    ) {
      this.#errors.send(
        packet,
        icmpv4.UNREACHABLE,
        icmpv4.FRAGMENTATION_NEEDED,
        mtu & 0xffff,
        connection,
      );
      return this.#refuse("too-big");
    }
    return route;
  }

  #refuse(reason: keyof typeof REASON): undefined {
    this.#decision.give(VERDICT.drop, REASON[reason]);
    return undefined;
  }
}

function isIcmpError(packet: Packet): boolean {
  return (
    packet.protocol === ICMP &&
    icmpv4.isWhole(packet.transport, packet.end) &&
    icmpv4.isError(icmpv4.type(packet.view, packet.transport))
  );
}
