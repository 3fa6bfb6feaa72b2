/**
 * ICMP errors from the server side, about packets the director has forwarded.
 *
 * The quoted packet has the client as its source and the real server (masquerading) or the virtual address
 * as its destination. A masqueraded one must reach the client as an error of the service; by the other
 * methods it is right as it is.
 *
 * Source: linux ip_vs_core.c `ip_vs_out_icmp`, `ip_vs_out_icmp_v6`, `handle_response_icmp`.
 *
 * @module
 */
import * as icmpv4 from "../wire/icmpv4.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import { findReply } from "./connection-lookup.ts";
import { NO_CONNECTION } from "./connection-records.ts";
import { type Decision, describeConnection } from "./decision.ts";
import type { EngineState } from "./engine-state.ts";
import { errorChecksumIsRight, rewriteErrorToClient } from "./forward/rewrite-error.ts";
import { isFollowed, MESSAGE, messageKind } from "./icmp-message.ts";
import { HOOK, Packet } from "./packet.ts";
import { REASON, VERDICT } from "./verdict.ts";

/** Handles the server-side errors of one director. */
export class ServerErrors {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #decision: Decision;
  readonly #quoted = new Packet();
  readonly #virtual = new Uint32Array(4);

  constructor(state: EngineState, lifecycle: ConnectionLifecycle, decision: Decision) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#decision = decision;
  }

  /** Whether the packet was an error about a connection, or one that cannot be read: it is decided. */
  handle(packet: Packet): boolean {
    const decision = this.#decision;
    const kind = messageKind(packet);
    if (kind === MESSAGE.other) return false;
    if (kind === MESSAGE.unreadable) {
      decision.give(VERDICT.drop, REASON["truncated-icmp"]);
      return true;
    }
    const quoted = this.#quoted;
    const at = packet.transport + icmpv4.HEADER_LENGTH;
    const { connections } = this.#state;
    if (!quoted.parseQuoted(packet, at, true) || !isFollowed(quoted)) return false;
    const connection = findReply(connections, quoted);
    if (connection === NO_CONNECTION) return false;
    describeConnection(decision, this.#state, this.#lifecycle, connection);

    const masqueraded = decision.method === 0;
    if (masqueraded) {
      if (packet.hook !== HOOK.localOut && !this.#isTrusted(packet)) {
        decision.give(VERDICT.drop, REASON["bad-icmp-checksum"]);
        return true;
      }
      connections.readVirtual(connection, this.#virtual);
      const port = connections.virtualPort(connection);
      rewriteErrorToClient(packet, quoted, this.#virtual, port);
    }
    this.#lifecycle.countOut(decision.destination, packet.length);
    if (masqueraded && packet.hook !== HOOK.localIn) {
      decision.nextHopFamily = packet.family;
      decision.nextHop.set(packet.destination);
      decision.give(VERDICT.forward, REASON["server-error"]);
    } else {
      decision.give(VERDICT.accept, REASON["server-error"]);
    }
    return true;
  }

  #isTrusted(packet: Packet): boolean {
    if (packet.family === 6 && !this.#state.profile.verifiesIcmpv6Errors) return false;
    return errorChecksumIsRight(packet);
  }
}
