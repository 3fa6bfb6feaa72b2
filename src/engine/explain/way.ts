/**
 * The last step of an explanation: where a packet would go by a forwarding method, and as what.
 *
 * @module
 */
import { isLoopback } from "../../net/address.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import * as icmpv6 from "../../wire/icmpv6.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { type ForwardingMethod, TUNNEL_TYPE } from "../../wire/ipvs-objects.ts";
import { Decision } from "../decision.ts";
import type { EngineState } from "../engine-state.ts";
import { BYPASS_RULES } from "../forward/bypass.ts";
import { DIRECT_ROUTE_RULES } from "../forward/direct-route.ts";
import { MASQUERADE_RULES } from "../forward/masquerade.ts";
import { maySayTooBig, Outgoing, type OutgoingRules, PASSES } from "../forward/outgoing.ts";
import { TUNNEL_RULES, tunnelHeaderLength } from "../forward/tunnel.ts";
import { isIntact } from "../helper/ftp.ts";
import { hopLimit } from "../hop-limit.ts";
import type { Route } from "../host.ts";
import type { IcmpErrors } from "../icmp-errors.ts";
import { HOOK, type Packet } from "../packet.ts";
import { REASON, REASONS, type ReasonName, VERDICT, type Verdict } from "../verdict.ts";
import type { Answer, OuterFigures, Sent, Step } from "./explanation.ts";
import { addressText, end } from "./names.ts";
import { RULES } from "./rules.ts";
import type { Target } from "./target.ts";

/** What becomes of a packet on its way. */
export interface WayFigures {
  readonly step: Step;
  readonly verdict: Verdict;
  readonly reason: ReasonName;
  readonly sent: Sent | null;
  readonly answer: Answer | null;
}

const METHOD_RULES: Readonly<Record<ForwardingMethod, OutgoingRules | undefined>> = {
  masquerade: MASQUERADE_RULES,
  "direct-route": DIRECT_ROUTE_RULES,
  tunnel: TUNNEL_RULES,
  bypass: BYPASS_RULES,
  local: undefined,
};

/** Follows packets of one director on their way, sending none. */
export class Way {
  readonly #state: EngineState;
  readonly #errors: IcmpErrors;
  readonly #outgoing: Outgoing;

  constructor(state: EngineState, errors: IcmpErrors) {
    this.#state = state;
    this.#errors = errors;
    // Asked for its judgement only, so nothing is ever noted in this record.
    this.#outgoing = new Outgoing(state, errors, new Decision());
  }

  /**
   * Returns what would become of the packet on its way to `target`.
   *
   * @param rules what may leave by this way; those of the method
   */
  follow(packet: Packet, target: Target, rules = METHOD_RULES[target.method]): WayFigures {
    const { method } = target;
    const route = rules && this.#state.host.route(target.family, target.address);
    const overhead = method === "tunnel" ? overheadOf(target) : 0;
    const problem = rules && this.#problem(packet, target, route, overhead, rules);
    const answer = problem === undefined ? null : this.#answer(packet, problem, route, overhead);
    const local = rules === undefined || route?.local === true;
    const step: Step = {
      step: "forwarding",
      rule: route?.local === true ? RULES.local : RULES[method],
      method,
      server: end(target.family, target.address, target.port),
      route: route === undefined ? null : { local: route.local, mtu: route.mtu },
      overhead,
      problem: problem ?? null,
    };
    if (problem !== undefined) {
      return { step, verdict: VERDICT.drop, reason: problem, sent: null, answer };
    }
    const sent = sentPacket(packet, target, local ? undefined : route, overhead);
    if (local) {
      return { step, verdict: VERDICT.accept, reason: "local-destination", sent, answer };
    }
    const reason = method === "bypass" ? "bypass" : "request";
    return { step, verdict: VERDICT.forward, reason, sent, answer };
  }

  /** Returns the error of this kind about the packet, or `null` where none would be sent. */
  answerOf(packet: Packet, kind: Answer["kind"], mtu: number | null = null): Answer | null {
    const { family } = packet;
    const type = kind === "too-big" && family === 6 ? icmpv6.PACKET_TOO_BIG : icmpv4.UNREACHABLE;
    const from = this.#errors.sourceFor(packet, type);
    if (from === undefined) return null;
    return { kind, from: addressText(family, from), to: addressText(family, packet.source), mtu };
  }

  #problem(
    packet: Packet,
    target: Target,
    route: Route | undefined,
    overhead: number,
    rules: OutgoingRules,
  ): ReasonName | undefined {
    if (target.method === "tunnel" && target.destination === undefined) return "no-destination";
    const judgement = this.#outgoing.judge(packet, target.family, route, overhead, rules);
    if (judgement !== PASSES) return REASONS[judgement]!;
    if (target.method !== "masquerade") return undefined;
    if (packet.hook !== HOOK.localOut && isLoopback(target.family, target.address)) {
      return "loopback-destination";
    }
    const readable = this.#state.protocol(packet.protocol)?.isReadable(packet) ?? true;
    if (packet.fragmentOffset === 0 && !readable) return "truncated-transport";
    return target.helped && !isIntact(packet) ? "bad-tcp-checksum" : undefined;
  }

  #answer(
    packet: Packet,
    problem: ReasonName,
    route: Route | undefined,
    overhead: number,
  ): Answer | null {
    switch (REASON[problem]) {
      case REASON["no-route"]:
        return this.answerOf(packet, "host-unreachable");
      case REASON["time-exceeded"]:
        return this.answerOf(packet, "time-exceeded");
      case REASON["too-big"]:
        if (!maySayTooBig(packet) || route === undefined) return null;
        return this.answerOf(packet, "too-big", route.mtu - overhead);
      default:
        return null;
    }
  }
}

/** Returns the bytes a tunnel adds. */
function overheadOf({ family, destination }: Target): number {
  const header = family === 4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH;
  return tunnelHeaderLength(destination) + header;
}

/** @param route the way out; none for a packet that stays */
function sentPacket(
  packet: Packet,
  target: Target,
  route: Route | undefined,
  overhead: number,
): Sent {
  const { family } = packet;
  const rewritten = target.method === "masquerade";
  const hops = hopLimit(packet);
  return {
    source: end(family, packet.source, packet.sourcePort),
    destination: rewritten
      ? end(target.family, target.address, target.port)
      : end(family, packet.destination, packet.destinationPort),
    hopLimit: route === undefined ? hops : hops - 1,
    length: packet.length + (route === undefined ? 0 : overhead),
    outer: route !== undefined && target.method === "tunnel" ? outerFigures(target, route) : null,
    nextHop: route === undefined ? null : addressText(target.family, target.address),
  };
}

function outerFigures(target: Target, route: Route): OuterFigures {
  const config = target.destination?.config;
  const gue = config?.tunnelType === TUNNEL_TYPE.gue;
  const type = gue ? "gue" : config?.tunnelType === TUNNEL_TYPE.gre ? "gre" : "ipip";
  return {
    type,
    source: addressText(target.family, route.source),
    destination: addressText(target.family, target.address),
    port: gue ? config.tunnelPort : null,
  };
}
