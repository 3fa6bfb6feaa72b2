/**
 * ICMP errors from the client side, about packets the director has sent towards a client.
 *
 * The quoted packet has the virtual address as its source, so its destination is the client. The error
 * goes to the real server that sent it: rewritten by masquerading, as it is by the other methods.
 *
 * Source: linux ip_vs_core.c `ip_vs_in_icmp`, `ip_vs_in_icmp_v6`; ip_vs_xmit.c `ip_vs_icmp_xmit`.
 *
 * @module
 */

import { isLoopback } from "../net/address.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import { findRequest } from "./connection-lookup.ts";
import { CONNECTION_FLAG, type ConnectionHandle, NO_CONNECTION } from "./connection-records.ts";
import { type ConnectionScheduling, DECIDED, LEAVE } from "./connection-scheduling.ts";
import { type Decision, describeConnection } from "./decision.ts";
import type { EngineState } from "./engine-state.ts";
import type { Forwarding } from "./forward/forwarding.ts";
import type { Outgoing, OutgoingRules } from "./forward/outgoing.ts";
import { errorChecksumIsRight, rewriteErrorToServer } from "./forward/rewrite-error.ts";
import { isFollowed, MESSAGE, messageKind } from "./icmp-message.ts";
import type { NoDestination } from "./no-destination.ts";
import { HOOK, Packet } from "./packet.ts";
import type { TunnelErrors } from "./tunnel-errors.ts";
import { REASON, VERDICT, type Verdict } from "./verdict.ts";

/** What may leave of errors to masqueraded real servers. */
export const ERROR_RULES: OutgoingRules = {
  mayBeLocal: true,
  mayBeForeign: true,
  foreignToLocal: true,
  tunnel: false,
};
/** What is being passed on must not end here. */
export const PASSING_ERROR_RULES: OutgoingRules = { ...ERROR_RULES, mayBeLocal: false };

/** Parts a handler of client-side errors works with. */
export interface ClientErrorParts {
  readonly state: EngineState;
  readonly lifecycle: ConnectionLifecycle;
  readonly scheduling: ConnectionScheduling;
  readonly noDestination: NoDestination;
  readonly outgoing: Outgoing;
  readonly forwarding: Forwarding;
  readonly tunnelErrors: TunnelErrors;
  readonly decision: Decision;
}

/** Handles the client-side errors of one director. */
export class ClientErrors {
  readonly #parts: ClientErrorParts;
  readonly #quoted = new Packet();
  readonly #target = new Uint32Array(4);

  constructor(parts: ClientErrorParts) {
    this.#parts = parts;
  }

  /**
   * Decides about a packet if it is an ICMP error; returns whether it is. A verdict of `accept` for want
   * of a connection leaves it to others to know the packet.
   */
  handle(packet: Packet): boolean {
    const { decision } = this.#parts;
    const kind = messageKind(packet);
    if (kind === MESSAGE.other) return false;
    if (kind === MESSAGE.unreadable) {
      decision.give(VERDICT.drop, REASON["truncated-icmp"]);
      return true;
    }
    const quoted = this.#quoted;
    const at = packet.transport + icmpv4.HEADER_LENGTH;
    if (!quoted.parseQuoted(packet, at, true)) {
      decision.give(VERDICT.accept, REASON["unrelated-icmp"]);
    } else if (!this.#parts.tunnelErrors.handle(packet, quoted)) {
      this.#relay(packet, quoted);
    }
    return true;
  }

  #relay(packet: Packet, quoted: Packet): Verdict {
    const { state, lifecycle, decision } = this.#parts;
    if (!isFollowed(quoted)) return decision.give(VERDICT.accept, REASON["unrelated-icmp"]);
    let connection = findRequest(state.connections, quoted);
    if (connection === NO_CONNECTION) {
      if (state.sysctls.schedule_icmp === 0) {
        return decision.give(VERDICT.accept, REASON["unrelated-icmp"]);
      }
      const scheduled = this.#parts.scheduling.schedule(quoted);
      if (scheduled === DECIDED) return decision.verdict;
      if (scheduled === LEAVE) return this.#parts.noDestination.handle(quoted);
      connection = scheduled;
      decision.isNew = true;
    }
    describeConnection(decision, state, lifecycle, connection);
    const verdict = this.#send(packet, quoted, connection);
    if (decision.isNew) lifecycle.release(connection);
    return verdict;
  }

  #send(packet: Packet, quoted: Packet, connection: ConnectionHandle): Verdict {
    const { state, lifecycle, decision, forwarding } = this.#parts;
    const { connections } = state;
    const masqueraded = (connections.flags(connection) & CONNECTION_FLAG.methodMask) === 0;
    const verified = packet.family === 4 || state.profile.verifiesIcmpv6Errors;
    const trusted = packet.hook === HOOK.localOut || !verified || errorChecksumIsRight(packet);
    if (masqueraded && !trusted) {
      return decision.give(VERDICT.drop, REASON["bad-icmp-checksum"]);
    }
    lifecycle.countIn(decision.destination, packet.length);
    packet.relayedError = true;
    if (!masqueraded) {
      connections.countPacket(connection);
      const verdict = forwarding.request(packet, connection);
      if (verdict === VERDICT.forward) decision.reason = REASON["client-error"];
      return verdict;
    }
    return this.#masquerade(packet, quoted, connection);
  }

  #masquerade(packet: Packet, quoted: Packet, connection: ConnectionHandle): Verdict {
    const { state, decision, outgoing } = this.#parts;
    const { family, hook } = packet;
    state.connections.readDestination(connection, this.#target);
    const rules = hook === HOOK.forward ? PASSING_ERROR_RULES : ERROR_RULES;
    const route = outgoing.prepare(packet, family, this.#target, 0, rules);
    if (route === undefined) return VERDICT.drop;
    if (hook !== HOOK.localOut && isLoopback(family, this.#target)) {
      return decision.give(VERDICT.drop, REASON["loopback-destination"]);
    }
    const port = state.connections.destinationPort(connection);
    rewriteErrorToServer(packet, quoted, this.#target, port);
    if (route.local) return decision.give(VERDICT.accept, REASON["local-destination"]);
    decision.nextHopFamily = family;
    decision.nextHop.set(this.#target);
    return decision.give(VERDICT.forward, REASON["client-error"]);
  }
}
