/**
 * The IN handler: packets of clients to virtual services.
 *
 * Source: linux ip_vs_core.c `ip_vs_in_hook`.
 *
 * @module
 */
import { ICMP } from "../net/protocol.ts";
import { FORWARDING_METHODS } from "../wire/ipvs-objects.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import { CONNECTION_FLAG, type ConnectionHandle, NO_CONNECTION } from "./connection-records.ts";
import { ConnectionScheduling, DECIDED, LEAVE } from "./connection-scheduling.ts";
import type { Decision } from "./decision.ts";
import type { EngineState } from "./engine-state.ts";
import { DirectRoute } from "./forward/direct-route.ts";
import { Masquerade } from "./forward/masquerade.ts";
import { Outgoing } from "./forward/outgoing.ts";
import { Tunnel } from "./forward/tunnel.ts";
import { IcmpErrors } from "./icmp-errors.ts";
import { noDestination } from "./no-destination.ts";
import type { Packet } from "./packet.ts";
import { DIRECTION } from "./protocol/protocol.ts";
import { TCP_STATE } from "./protocol/tcp.ts";
import { REASON, VERDICT, type Verdict } from "./verdict.ts";

/** Bit of conn_reuse_mode that lets a port be used again in FIN_WAIT too. */
const REUSE_IN_FIN_WAIT = 0x2;

/** Handles the requests of one director. */
export class RequestHandler {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #decision: Decision;
  readonly #scheduling: ConnectionScheduling;
  readonly #errors: IcmpErrors;
  readonly #masquerade: Masquerade;
  readonly #directRoute: DirectRoute;
  readonly #tunnel: Tunnel;

  constructor(state: EngineState, lifecycle: ConnectionLifecycle, decision: Decision) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#decision = decision;
    this.#scheduling = new ConnectionScheduling(state, lifecycle, decision);
    this.#errors = new IcmpErrors(state, lifecycle);
    const outgoing = new Outgoing(state, this.#errors, decision);
    this.#masquerade = new Masquerade(state, outgoing, decision);
    this.#directRoute = new DirectRoute(state, outgoing, decision);
    this.#tunnel = new Tunnel(state, outgoing, decision);
  }

  /**
   * Decides about a packet addressed to this host.
   *
   * @param fromThisHost whether the packet was sent by this host
   */
  handle(packet: Packet, fromThisHost: boolean): Verdict {
    const { connections } = this.#state;
    const decision = this.#decision;
    const protocol = this.#state.protocol(packet.protocol);
    if (protocol === undefined) {
      const reason = packet.protocol === ICMP ? REASON.icmp : REASON["not-balanced"];
      return decision.give(VERDICT.accept, reason);
    }
    if (packet.fragment) return decision.give(VERDICT.drop, REASON.fragment);

    let connection = this.#existing(packet);
    if (connection !== NO_CONNECTION && protocol.startsFlow(packet)) {
      if (this.#mayReuse(connection)) {
        if (connections.children(connection) === 0) this.#lifecycle.expireNow(connection);
        connection = NO_CONNECTION;
      }
    }
    if (connection !== NO_CONNECTION && this.#isOrphan(connection)) {
      if (this.#state.sysctls.expire_nodest_conn === 0) {
        this.#describe(connection);
        return decision.give(VERDICT.drop, REASON["destination-removed"]);
      }
      this.#lifecycle.expireNow(connection);
      connection = NO_CONNECTION;
    }
    if (connection === NO_CONNECTION) {
      const scheduled = this.#scheduling.schedule(packet, fromThisHost);
      if (scheduled === DECIDED) return decision.verdict;
      if (scheduled === LEAVE) return noDestination(packet, this.#errors, decision);
      connection = scheduled;
      decision.isNew = true;
    }
    return this.#pass(packet, connection, fromThisHost);
  }

  /** Counts, follows the state and forwards a packet of `connection`. */
  #pass(packet: Packet, connection: ConnectionHandle, fromThisHost: boolean): Verdict {
    const { connections } = this.#state;
    this.#describe(connection);
    this.#lifecycle.countIn(connection, packet.length);
    this.#lifecycle.transition(connection, packet, DIRECTION.input);
    const verdict = this.#forward(packet, connection, fromThisHost);
    const controller = connections.controller(connection);
    if ((connections.flags(connection) & CONNECTION_FLAG.onePacket) === 0) {
      connections.setPackets(connection, connections.packets(connection) + 1);
    } else if (controller !== NO_CONNECTION) {
      connections.setPackets(controller, connections.packets(controller) + 1);
    }
    this.#lifecycle.release(connection);
    return verdict;
  }

  #forward(packet: Packet, connection: ConnectionHandle, fromThisHost: boolean): Verdict {
    const method = this.#state.connections.flags(connection) & CONNECTION_FLAG.methodMask;
    switch (FORWARDING_METHODS[method]) {
      case "masquerade":
        return this.#masquerade.request(packet, connection, fromThisHost);
      case "tunnel":
        return this.#tunnel.request(packet, connection);
      case "direct-route":
        return this.#directRoute.request(packet, connection);
      default:
        return this.#decision.give(VERDICT.accept, REASON["local-destination"]);
    }
  }

  #existing(packet: Packet): ConnectionHandle {
    if (!packet.portsReadable) return NO_CONNECTION;
    return this.#state.connections.findForward(
      packet.family,
      packet.protocol,
      packet.source,
      packet.sourcePort,
      packet.destination,
      packet.destinationPort,
    );
  }

  /** Whether a client that uses its port again gets a new connection in place of this one. */
  #mayReuse(connection: ConnectionHandle): boolean {
    const { connections, sysctls } = this.#state;
    const destination = this.#lifecycle.destination(connection);
    if (sysctls.expire_nodest_conn !== 0 && destination?.weight === 0) return true;
    if (sysctls.conn_reuse_mode === 0) return false;
    if (connections.controller(connection) !== NO_CONNECTION) return false;
    const state = connections.state(connection);
    if (state === TCP_STATE.timeWait || state === TCP_STATE.close) return true;
    return (
      (sysctls.conn_reuse_mode & REUSE_IN_FIN_WAIT) !== 0 &&
      state === TCP_STATE.finWait &&
      (connections.flags(connection) & CONNECTION_FLAG.noOutput) !== 0
    );
  }

  /** Whether the connection's real server was removed. */
  #isOrphan(connection: ConnectionHandle): boolean {
    const destination = this.#lifecycle.destination(connection);
    return destination !== undefined && !destination.available;
  }

  #describe(connection: ConnectionHandle): void {
    const decision = this.#decision;
    const destination = this.#lifecycle.destination(connection);
    decision.connection = connection;
    decision.method = this.#state.connections.flags(connection) & CONNECTION_FLAG.methodMask;
    decision.destination = destination;
    decision.service = destination?.service ?? decision.service;
  }
}
