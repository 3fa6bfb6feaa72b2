/**
 * The step every forwarding method takes first: the way to the real server, hop limit, and MTU.
 *
 * @module
 */
import { type AddressWords, type Family, isLoopback } from "../../net/address.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import type { Decision } from "../decision.ts";
import type { EngineState } from "../engine-state.ts";
import { countHop, hopLimit } from "../hop-limit.ts";
import type { Route } from "../host.ts";
import type { IcmpErrors } from "../icmp-errors.ts";
import { HOOK, type Packet } from "../packet.ts";
import { REASON, VERDICT } from "../verdict.ts";

/** A tunnel whose packets may not even be this long is of no use (RFC 791: every host takes 68). */
const LEAST_TUNNEL_MTU: Readonly<Record<Family, number>> = { 4: 68, 6: ipv6.LEAST_MTU };

/** Nothing keeps the packet from its way. */
export const PASSES = -1;

/** What a method allows, and what it adds to a packet. */
export interface OutgoingRules {
  /** Whether the target may be this host. */
  readonly mayBeLocal: boolean;
  /** Whether the target may be another host. */
  readonly mayBeForeign: boolean;
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
   * @param family of the target, which is not the packet's where a tunnel changes it
   * @param overhead bytes the method will put in front
   */
  prepare(
    packet: Packet,
    family: Family,
    target: Readonly<AddressWords>,
    overhead: number,
    rules: OutgoingRules,
  ): Route | undefined {
    const route = this.#state.host.route(family, target);
    const problem = this.judge(packet, family, route, overhead, rules);
    // Before anything is said of the length, so that an error quotes the packet with its hop counted.
    if (route !== undefined && !route.local && leaves(problem)) countHop(packet);
    if (problem === PASSES) return route;
    switch (problem) {
      case REASON["no-route"]:
        this.#errors.noRoute(packet);
        break;
      case REASON["time-exceeded"]:
        this.#errors.timeExceeded(packet);
        break;
      case REASON["too-big"]:
        if (maySayTooBig(packet)) this.#errors.tooBig(packet, route!.mtu - overhead);
    }
    this.#decision.give(VERDICT.drop, problem);
    return undefined;
  }

  /**
   * Returns PASSES, or the reason for which the packet would be dropped on this way; tells nobody.
   *
   * @param route the way to the target, if there is one
   */
  judge(
    packet: Packet,
    family: Family,
    route: Route | undefined,
    overhead: number,
    rules: OutgoingRules,
  ): number {
    if (route === undefined) return REASON["no-route"];
    if (route.local) {
      const allowed = rules.mayBeLocal && (rules.foreignToLocal || this.#isForThisHost(packet));
      return allowed ? PASSES : REASON["route-not-allowed"];
    }
    if (!rules.mayBeForeign || isFromLoopback(packet)) return REASON["route-not-allowed"];
    if (hopLimit(packet) <= 1) return REASON["time-exceeded"];
    const mtu = route.mtu - overhead;
    if (rules.tunnel && mtu < LEAST_TUNNEL_MTU[family]) return REASON["tunnel-mtu-too-small"];
    return this.#fits(packet, mtu, rules.tunnel) ? PASSES : REASON["too-big"];
  }

  /** Whether the packet is not too long, or may be cut. */
  #fits(packet: Packet, mtu: number, tunnel: boolean): boolean {
    // An IPv6 packet that came in fragments is judged by the largest of them.
    if (packet.family === 6) return (packet.frame.fragmentSize || packet.segmentLength) <= mtu;
    if (tunnel && this.#state.sysctls.pmtu_disc === 0) return true;
    const { view, network, segmentLength } = packet;
    return segmentLength <= mtu || packet.relayedError || !ipv4.dontFragment(view, network);
  }

  /** Whether the host has brought, or would bring, the packet to itself as it is. */
  #isForThisHost(packet: Packet): boolean {
    if (packet.hook === HOOK.localIn) return true;
    if (packet.hook === HOOK.forward) return false;
    return this.#state.host.isLocal(packet.family, packet.destination);
  }
}

/** Whether a packet with this problem had come as far as the test of its length. */
function leaves(problem: number): boolean {
  return (
    problem === PASSES ||
    problem === REASON["too-big"] ||
    problem === REASON["tunnel-mtu-too-small"]
  );
}

/** Whether the sender of a packet that is too long is told. */
export function maySayTooBig(packet: Packet): boolean {
  return packet.family === 4 || (!packet.relayedError && packet.fragmentOffset === 0);
}

/** Whether the packet must not be seen outside. IPv6 hosts have dropped one that came in so already. */
function isFromLoopback(packet: Packet): boolean {
  if (packet.family === 6 && packet.hook !== HOOK.localOut) return false;
  return isLoopback(packet.family, packet.source);
}
