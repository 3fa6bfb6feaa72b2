/**
 * The OUT handler: packets of real servers to clients.
 *
 * Source: linux ip_vs_core.c `ip_vs_out_hook`.
 *
 * @module
 */
import { hasPorts } from "../net/protocol.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import { findReply } from "./connection-lookup.ts";
import { type ConnectionHandle, NO_CONNECTION } from "./connection-records.ts";
import { type Decision, describeConnection } from "./decision.ts";
import type { EngineState } from "./engine-state.ts";
import { rewriteSource } from "./forward/rewrite.ts";
import { type FtpHelper, HELPED } from "./helper/ftp.ts";
import type { IcmpErrors } from "./icmp-errors.ts";
import { HOOK, type Packet } from "./packet.ts";
import { ServerConnections } from "./persistence-engine/server-connections.ts";
import { DIRECTION } from "./protocol/protocol.ts";
import { ServerErrors } from "./server-errors.ts";
import { REASON, VERDICT, type Verdict } from "./verdict.ts";

/** Handles the replies of one director. */
export class ReplyHandler {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #errors: IcmpErrors;
  readonly #helper: FtpHelper;
  readonly #decision: Decision;
  readonly #serverErrors: ServerErrors;
  readonly #serverConnections: ServerConnections;
  readonly #virtual = new Uint32Array(4);

  constructor(
    state: EngineState,
    lifecycle: ConnectionLifecycle,
    errors: IcmpErrors,
    helper: FtpHelper,
    decision: Decision,
  ) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#errors = errors;
    this.#helper = helper;
    this.#decision = decision;
    this.#serverErrors = new ServerErrors(state, lifecycle, decision);
    this.#serverConnections = new ServerConnections(state, lifecycle);
  }

  /** Whether the packet was a reply, or an error about a request; if so, the decision is made. */
  handle(packet: Packet): boolean {
    if (this.#state.protocol(packet.protocol) === undefined) {
      return this.#serverErrors.handle(packet);
    }
    const connection = findReply(this.#state.connections, packet);
    if (connection !== NO_CONNECTION) {
      this.#pass(packet, connection);
      return true;
    }
    const begun = this.#serverConnections.open(packet);
    if (begun !== NO_CONNECTION) {
      this.#decision.isNew = true;
      this.#pass(packet, begun);
      return true;
    }
    return this.#refuseUnknown(packet);
  }

  #pass(packet: Packet, connection: ConnectionHandle): Verdict {
    const decision = this.#decision;
    const { connections } = this.#state;
    describeConnection(decision, this.#state, this.#lifecycle, connection);
    const masqueraded = decision.method === 0;
    if (masqueraded) {
      const problem = this.#prepare(packet, connection);
      if (problem !== HELPED) {
        this.#lifecycle.release(connection);
        return decision.give(VERDICT.drop, problem);
      }
      connections.readVirtual(connection, this.#virtual);
      rewriteSource(packet, this.#virtual, connections.virtualPort(connection));
    }
    this.#lifecycle.countOut(decision.destination, packet.length);
    this.#lifecycle.transition(connection, packet, DIRECTION.output);
    this.#lifecycle.release(connection);
    if (!masqueraded) return decision.give(VERDICT.accept, REASON["passing-reply"]);
    // A reply whose client is this host has arrived.
    if (packet.hook === HOOK.localIn) return decision.give(VERDICT.accept, REASON.reply);
    return decision.forward(packet.family, packet.destination, REASON.reply);
  }

  /** Makes a packet ready to be rewritten; returns HELPED, or the reason it is to be dropped. */
  #prepare(packet: Packet, connection: ConnectionHandle): number {
    if (!this.#state.protocol(packet.protocol)!.isReadable(packet)) {
      return REASON["truncated-transport"];
    }
    const { connections } = this.#state;
    return connections.isHelped(connection) ? this.#helper.reply(packet, connection) : HELPED;
  }

  /** With nat_icmp_send, a real server is told that nobody waits for its packet. */
  #refuseUnknown(packet: Packet): boolean {
    if (this.#state.sysctls.nat_icmp_send === 0) return false;
    if (!hasPorts(packet.protocol) || !packet.portsReadable) return false;
    const sender = this.#state.index.findMasqueraded(
      packet.family,
      packet.protocol,
      packet.source,
      packet.sourcePort,
    );
    if (sender === undefined || this.#state.protocol(packet.protocol)!.aborts(packet)) return false;
    this.#decision.destination = sender;
    this.#decision.service = sender.service;
    this.#errors.portUnreachable(packet);
    this.#decision.give(VERDICT.drop, REASON["unknown-reply"]);
    return true;
  }
}
