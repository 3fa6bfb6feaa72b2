/**
 * Masquerading (NAT): requests are rewritten to the real server; reply.ts rewrites the answers back.
 *
 * Source: linux ip_vs_xmit.c `ip_vs_nat_xmit`.
 *
 * @module
 */
import { CONNECTION_FLAG, type ConnectionHandle } from "../connection-records.ts";
import type { Decision } from "../decision.ts";
import type { EngineState } from "../engine-state.ts";
import type { Packet } from "../packet.ts";
import { REASON, VERDICT, type Verdict } from "../verdict.ts";
import type { Outgoing, OutgoingRules } from "./outgoing.ts";
import { rewriteDestination } from "./rewrite.ts";

const RULES: OutgoingRules = { foreignToLocal: true, tunnel: false };
const LOOPBACK_NETWORK = 127;

/** The masquerading of one director. */
export class Masquerade {
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
  request(packet: Packet, connection: ConnectionHandle, fromThisHost: boolean): Verdict {
    const { connections } = this.#state;
    const decision = this.#decision;
    if ((connections.flags(connection) & CONNECTION_FLAG.noClientPort) !== 0) {
      connections.setClientPort(connection, packet.sourcePort);
    }
    const address = connections.destinationWord(connection, 0);
    this.#target[0] = address;
    const route = this.#outgoing.prepare(packet, connection, 4, this.#target, 0, RULES);
    if (route === undefined) return VERDICT.drop;
    if (address >>> 24 === LOOPBACK_NETWORK && !fromThisHost) {
      return decision.give(VERDICT.drop, REASON["loopback-destination"]);
    }
    if (!this.#state.protocol(packet.protocol)!.isReadable(packet)) {
      return decision.give(VERDICT.drop, REASON["truncated-transport"]);
    }
    rewriteDestination(packet, address, connections.destinationPort(connection));
    if (route.local) return decision.give(VERDICT.accept, REASON["local-destination"]);
    decision.nextHopFamily = 4;
    decision.nextHop.set(this.#target);
    return decision.give(VERDICT.forward, REASON.request);
  }
}
