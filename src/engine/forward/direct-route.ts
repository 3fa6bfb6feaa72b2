/**
 * Direct routing: the packet goes to the real server's link address as it is, only its hop counted.
 *
 * The real server has the virtual address itself and answers the client directly.
 *
 * Source: linux ip_vs_xmit.c `ip_vs_dr_xmit`, `ip_vs_dr_xmit_v6`.
 *
 * @module
 */
import type { ConnectionHandle } from "../connection-records.ts";
import type { Decision } from "../decision.ts";
import type { EngineState } from "../engine-state.ts";
import type { Packet } from "../packet.ts";
import { REASON, VERDICT, type Verdict } from "../verdict.ts";
import type { Outgoing, OutgoingRules } from "./outgoing.ts";

/** What the method allows of a way. */
export const DIRECT_ROUTE_RULES: OutgoingRules = {
  mayBeLocal: true,
  mayBeForeign: true,
  foreignToLocal: false,
  tunnel: false,
};

/** The direct routing of one director. */
export class DirectRoute {
  readonly #state: EngineState;
  readonly #outgoing: Outgoing;
  readonly #decision: Decision;
  readonly #target = new Uint32Array(4);

  constructor(state: EngineState, outgoing: Outgoing, decision: Decision) {
    this.#state = state;
    this.#outgoing = outgoing;
    this.#decision = decision;
  }

  /** Sends a client's packet on to the real server. */
  request(packet: Packet, connection: ConnectionHandle): Verdict {
    const decision = this.#decision;
    const { family } = packet;
    this.#state.connections.readDestination(connection, this.#target);
    const route = this.#outgoing.prepare(packet, family, this.#target, 0, DIRECT_ROUTE_RULES);
    if (route === undefined) return VERDICT.drop;
    if (route.local) return decision.give(VERDICT.accept, REASON["local-destination"]);
    return decision.forward(family, this.#target, REASON.request);
  }
}
