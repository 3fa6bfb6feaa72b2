/**
 * Masquerading (NAT): requests are rewritten to the real server; reply.ts rewrites the answers back.
 *
 * Source: linux ip_vs_xmit.c `ip_vs_nat_xmit`, `ip_vs_nat_xmit_v6`.
 *
 * @module
 */
import { isLoopback } from "../../net/address.ts";
import { CONNECTION_FLAG, type ConnectionHandle } from "../connection-records.ts";
import type { Decision } from "../decision.ts";
import type { EngineState } from "../engine-state.ts";
import { type FtpHelper, HELPED } from "../helper/ftp.ts";
import { HOOK, type Packet } from "../packet.ts";
import { REASON, VERDICT, type Verdict } from "../verdict.ts";
import type { Outgoing, OutgoingRules } from "./outgoing.ts";
import { rewriteDestination } from "./rewrite.ts";

/** What the method allows of a way. */
export const MASQUERADE_RULES: OutgoingRules = {
  mayBeLocal: true,
  mayBeForeign: true,
  foreignToLocal: true,
  tunnel: false,
};

/** The masquerading of one director. */
export class Masquerade {
  readonly #state: EngineState;
  readonly #outgoing: Outgoing;
  readonly #helper: FtpHelper;
  readonly #decision: Decision;
  readonly #target = new Uint32Array(4);

  constructor(state: EngineState, outgoing: Outgoing, helper: FtpHelper, decision: Decision) {
    this.#state = state;
    this.#outgoing = outgoing;
    this.#helper = helper;
    this.#decision = decision;
  }

  /** Sends a client's packet on to the real server. */
  request(packet: Packet, connection: ConnectionHandle): Verdict {
    const { connections } = this.#state;
    const decision = this.#decision;
    if ((connections.flags(connection) & CONNECTION_FLAG.noClientPort) !== 0) {
      connections.setClientPort(connection, packet.sourcePort);
    }
    connections.readDestination(connection, this.#target);
    const { family } = packet;
    const route = this.#outgoing.prepare(packet, family, this.#target, 0, MASQUERADE_RULES);
    if (route === undefined) return VERDICT.drop;
    if (packet.hook !== HOOK.localOut && isLoopback(family, this.#target)) {
      return decision.give(VERDICT.drop, REASON["loopback-destination"]);
    }
    if (packet.fragmentOffset === 0 && !this.#state.protocol(packet.protocol)!.isReadable(packet)) {
      return decision.give(VERDICT.drop, REASON["truncated-transport"]);
    }
    if (connections.isHelped(connection)) {
      const problem = this.#helper.request(packet, connection);
      if (problem !== HELPED) return decision.give(VERDICT.drop, problem);
    }
    rewriteDestination(packet, this.#target, connections.destinationPort(connection));
    if (route.local) return decision.give(VERDICT.accept, REASON["local-destination"]);
    return decision.forward(family, this.#target, REASON.request);
  }
}
