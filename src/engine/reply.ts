/**
 * The OUT handler: packets of real servers to clients.
 *
 * Source: linux ip_vs_core.c `ip_vs_out_hook`.
 *
 * @module
 */
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import { CONNECTION_FLAG, type ConnectionHandle, NO_CONNECTION } from "./connection-records.ts";
import type { Decision } from "./decision.ts";
import type { EngineState } from "./engine-state.ts";
import { rewriteSource } from "./forward/rewrite.ts";
import type { Packet } from "./packet.ts";
import { DIRECTION } from "./protocol/protocol.ts";
import { REASON, VERDICT, type Verdict } from "./verdict.ts";

/** Handles the replies of one director. */
export class ReplyHandler {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #decision: Decision;

  constructor(state: EngineState, lifecycle: ConnectionLifecycle, decision: Decision) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#decision = decision;
  }

  /** Whether the packet was a reply of a connection; if so, the decision is made. */
  handle(packet: Packet): boolean {
    if (this.#state.protocol(packet.protocol) === undefined || !packet.portsReadable) return false;
    if (packet.fragment) return false;
    const connection = this.#state.connections.findReverse(
      packet.family,
      packet.protocol,
      packet.source,
      packet.sourcePort,
      packet.destination,
      packet.destinationPort,
    );
    if (connection === NO_CONNECTION) return false;
    this.#pass(packet, connection);
    return true;
  }

  #pass(packet: Packet, connection: ConnectionHandle): Verdict {
    const decision = this.#decision;
    const { connections } = this.#state;
    const method = connections.flags(connection) & CONNECTION_FLAG.methodMask;
    const masquerade = method === 0;
    decision.connection = connection;
    decision.method = method;
    decision.destination = this.#lifecycle.destination(connection);
    decision.service = decision.destination?.service;
    if (masquerade) {
      if (!this.#state.protocol(packet.protocol)!.isReadable(packet)) {
        return decision.give(VERDICT.drop, REASON["truncated-transport"]);
      }
      rewriteSource(
        packet,
        connections.virtualWord(connection, 0),
        connections.virtualPort(connection),
      );
    }
    this.#lifecycle.countOut(connection, packet.length);
    this.#lifecycle.transition(connection, packet, DIRECTION.output);
    this.#lifecycle.release(connection);
    if (!masquerade) return decision.give(VERDICT.accept, REASON["passing-reply"]);
    decision.nextHopFamily = packet.family;
    decision.nextHop.set(packet.destination);
    return decision.give(VERDICT.forward, REASON.reply);
  }
}
