/**
 * What was decided about the last packet: the answer to "why did that one go there".
 *
 * One record per director, overwritten by every packet, so that telling costs no allocation.
 *
 * @module
 */
import { type AddressWords, copyWords, type Family } from "../net/address.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import { CONNECTION_FLAG, type ConnectionHandle, NO_CONNECTION } from "./connection-records.ts";
import type { Destination } from "./destination.ts";
import type { EngineState } from "./engine-state.ts";
import { REASON, VERDICT, type Verdict } from "./verdict.ts";
import type { VirtualService } from "./virtual-service.ts";

/** The last decision of a director. */
export class Decision {
  verdict: Verdict = VERDICT.accept;
  /** A `REASON` number. */
  reason: number = REASON["no-services"];
  /** The service the packet was for or from; none where no service was asked. */
  service: VirtualService | undefined;
  destination: Destination | undefined;
  /** The connection it belongs to; a number that may be of another connection by the next packet. */
  connection: ConnectionHandle = NO_CONNECTION;
  /** Whether this packet made the connection. */
  isNew = false;
  /** Number of the forwarding method, or -1. */
  method = -1;
  /** Who gets the packet next, where the verdict is `forward`. */
  nextHopFamily: Family = 4;
  readonly nextHop: AddressWords = new Uint32Array(4);

  /** Forgets the packet before. */
  reset(): void {
    this.service = undefined;
    this.destination = undefined;
    this.connection = NO_CONNECTION;
    this.isNew = false;
    this.method = -1;
  }

  /** Notes that the packet leaves for `nextHop`, and why; returns the verdict. */
  forward(family: Family, nextHop: Readonly<AddressWords>, reason: number): Verdict {
    this.nextHopFamily = family;
    copyWords(nextHop, this.nextHop);
    return this.give(VERDICT.forward, reason);
  }

  /** Notes verdict and reason, and returns the verdict. */
  give(verdict: Verdict, reason: number): Verdict {
    this.verdict = verdict;
    this.reason = reason;
    return verdict;
  }
}

/** Notes the connection a packet belongs to, and where that leads. */
export function describeConnection(
  decision: Decision,
  state: EngineState,
  lifecycle: ConnectionLifecycle,
  connection: ConnectionHandle,
): void {
  const destination = lifecycle.destination(connection);
  decision.connection = connection;
  decision.method = state.connections.flags(connection) & CONNECTION_FLAG.methodMask;
  decision.destination = destination;
  decision.service = destination?.service ?? decision.service;
}
