/**
 * The IN handler: packets of clients to virtual services.
 *
 * Source: linux ip_vs_core.c `ip_vs_in_hook`, `ip_vs_forward_icmp`.
 *
 * @module
 */
import { ICMP, ICMPV6 } from "../net/protocol.ts";
import { ClientErrors } from "./client-errors.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import { findRequest } from "./connection-lookup.ts";
import { type ConnectionHandle, NO_CONNECTION } from "./connection-records.ts";
import { givesWay, judgeReuse } from "./connection-reuse.ts";
import { ConnectionScheduling, DECIDED, LEAVE } from "./connection-scheduling.ts";
import { type Decision, describeConnection } from "./decision.ts";
import type { Defence } from "./defence.ts";
import type { EngineState } from "./engine-state.ts";
import { Forwarding } from "./forward/forwarding.ts";
import { Outgoing } from "./forward/outgoing.ts";
import type { Tunnel } from "./forward/tunnel.ts";
import type { FtpHelper } from "./helper/ftp.ts";
import type { IcmpErrors } from "./icmp-errors.ts";
import { NoDestination } from "./no-destination.ts";
import type { Packet } from "./packet.ts";
import { DIRECTION, type Protocol } from "./protocol/protocol.ts";
import { TunnelErrors } from "./tunnel-errors.ts";
import { REASON, VERDICT, type Verdict } from "./verdict.ts";

/** Handles the requests of one director. */
export class RequestHandler {
  readonly tunnel: Tunnel;
  readonly scheduling: ConnectionScheduling;
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #decision: Decision;
  readonly #noDestination: NoDestination;
  readonly #forwarding: Forwarding;
  readonly #clientErrors: ClientErrors;

  constructor(
    state: EngineState,
    lifecycle: ConnectionLifecycle,
    defence: Defence,
    errors: IcmpErrors,
    helper: FtpHelper,
    decision: Decision,
  ) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#decision = decision;
    this.scheduling = new ConnectionScheduling(state, lifecycle, defence, decision);
    const outgoing = new Outgoing(state, errors, decision);
    this.#forwarding = new Forwarding(state, outgoing, helper, decision);
    this.tunnel = this.#forwarding.tunnel;
    this.#noDestination = new NoDestination(state, lifecycle, this.#forwarding, errors, decision);
    this.#clientErrors = new ClientErrors({
      state,
      lifecycle,
      scheduling: this.scheduling,
      noDestination: this.#noDestination,
      outgoing,
      forwarding: this.#forwarding,
      tunnelErrors: new TunnelErrors(state, lifecycle, errors, decision),
      decision,
    });
  }

  /** Decides about a packet for this host, or from it. */
  handle(packet: Packet): Verdict {
    const decision = this.#decision;
    if (this.#isBackup()) return decision.give(VERDICT.accept, REASON.backup);
    const protocol = this.#state.protocol(packet.protocol);
    if (protocol === undefined) {
      if (this.#clientErrors.handle(packet)) return decision.verdict;
      const icmp = packet.protocol === (packet.family === 4 ? ICMP : ICMPV6);
      return decision.give(VERDICT.accept, icmp ? REASON.icmp : REASON["not-balanced"]);
    }
    let connection = this.#existing(packet, protocol);
    if (connection !== NO_CONNECTION && this.#isOrphan(connection)) {
      if (this.#state.sysctls.expire_nodest_conn === 0) {
        describeConnection(decision, this.#state, this.#lifecycle, connection);
        return decision.give(VERDICT.drop, REASON["destination-removed"]);
      }
      this.#lifecycle.expireNow(connection);
      connection = NO_CONNECTION;
    }
    if (connection !== NO_CONNECTION) return this.#pass(packet, connection);
    return this.begin(packet, this.scheduling.schedule(packet));
  }

  /**
   * Decides about a packet that belonged to no connection.
   *
   * @param scheduled what `scheduling` made of it
   */
  begin(packet: Packet, scheduled: ConnectionHandle | typeof LEAVE | typeof DECIDED): Verdict {
    if (scheduled === DECIDED) return this.#decision.verdict;
    if (scheduled === LEAVE) return this.#noDestination.handle(packet);
    this.#decision.isNew = true;
    return this.#pass(packet, scheduled);
  }

  /**
   * Decides about a packet this host is passing on if it is an ICMP error about what the director sent
   * to a client; returns whether it is.
   */
  handlePassing(packet: Packet): boolean {
    if (this.#isBackup() || this.#state.protocol(packet.protocol) !== undefined) return false;
    if (!this.#clientErrors.handle(packet)) return false;
    return this.#decision.verdict !== VERDICT.accept || this.#decision.connection !== NO_CONNECTION;
  }

  /** Counts, follows the state and forwards a packet of `connection`. */
  #pass(packet: Packet, connection: ConnectionHandle): Verdict {
    describeConnection(this.#decision, this.#state, this.#lifecycle, connection);
    this.#lifecycle.countIn(this.#decision.destination, packet.length);
    this.#lifecycle.transition(connection, packet, DIRECTION.input);
    const verdict = this.#forwarding.request(packet, connection);
    this.#lifecycle.releaseCounted(connection);
    return verdict;
  }

  /** Returns the packet's connection, unless a new one is to take its place. */
  #existing(packet: Packet, protocol: Protocol): ConnectionHandle {
    const { connections } = this.#state;
    const connection = findRequest(connections, packet);
    if (connection === NO_CONNECTION || packet.fragmentOffset !== 0) return connection;
    if (!protocol.startsFlow(packet)) return connection;
    if (!givesWay(judgeReuse(this.#state, this.#lifecycle, connection, protocol))) {
      return connection;
    }
    if (connections.children(connection) === 0) this.#lifecycle.expireNow(connection);
    return NO_CONNECTION;
  }

  /** Whether the connection's real server was removed. */
  #isOrphan(connection: ConnectionHandle): boolean {
    const destination = this.#lifecycle.destination(connection);
    return destination !== undefined && !destination.available;
  }

  /** Whether requests are another director's: a backup daemon runs, and backup_only says so. */
  #isBackup(): boolean {
    const { sysctls, daemons } = this.#state;
    return sysctls.backup_only !== 0 && daemons.find("backup") !== undefined;
  }
}
