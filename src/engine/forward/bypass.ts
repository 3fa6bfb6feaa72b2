/**
 * Bypass: a packet for which there is no cache server goes where it was going.
 *
 * Source: linux ip_vs_xmit.c `ip_vs_bypass_xmit`, `ip_vs_bypass_xmit_v6`.
 *
 * @module
 */
import type { Decision } from "../decision.ts";
import type { Packet } from "../packet.ts";
import { REASON, VERDICT, type Verdict } from "../verdict.ts";
import type { Outgoing, OutgoingRules } from "./outgoing.ts";

/** What the method allows of a way. */
export const BYPASS_RULES: OutgoingRules = {
  mayBeLocal: false,
  mayBeForeign: true,
  foreignToLocal: false,
  tunnel: false,
};

/** The bypass of one director. */
export class Bypass {
  readonly #outgoing: Outgoing;
  readonly #decision: Decision;

  constructor(outgoing: Outgoing, decision: Decision) {
    this.#outgoing = outgoing;
    this.#decision = decision;
  }

  /** Sends a client's packet on to the address it is for. */
  request(packet: Packet): Verdict {
    const decision = this.#decision;
    const { family, destination } = packet;
    const route = this.#outgoing.prepare(packet, family, destination, 0, BYPASS_RULES);
    if (route === undefined) return VERDICT.drop;
    decision.nextHopFamily = family;
    decision.nextHop.set(destination);
    return decision.give(VERDICT.forward, REASON.bypass);
  }
}
