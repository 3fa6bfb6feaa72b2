/**
 * Follows live packets: of each that passes a filter, how it was decided, kept until somebody takes it.
 *
 * A trace never holds up packets. It keeps so many records and makes so many a second; what would be more
 * is counted and lost. One that nobody has taken from for a while ends by itself.
 *
 * @module
 */
import type { Clock, Milliseconds } from "../../base/clock.ts";
import { type AddressWords, sameWords } from "../../net/address.ts";
import { type Prefix, sharesPrefix } from "../../net/prefix.ts";
import { FORWARDING_METHODS } from "../../wire/ipvs-objects.ts";
import type { ConnectionLifecycle } from "../connection-lifecycle.ts";
import { findReply, findRequest } from "../connection-lookup.ts";
import { NO_CONNECTION } from "../connection-records.ts";
import type { Decision } from "../decision.ts";
import type { Destination } from "../destination.ts";
import type { EngineState } from "../engine-state.ts";
import type { Packet } from "../packet.ts";
import { REASONS, VERDICT_NAMES } from "../verdict.ts";
import type { VirtualService } from "../virtual-service.ts";
import type { Explainer } from "./explainer.ts";
import type { Explanation, Outcome, PacketFigures, Step } from "./explanation.ts";
import { endOf, serviceName } from "./names.ts";

/** Name of the form of a record. */
export const TRACE_SCHEMA = "uipvs/trace/1";

/** Records kept until they are taken. */
const CAPACITY = 1024;
/** Time after which nobody is thought to take any more. */
const LEASE: Milliseconds = 15_000;
const SECOND: Milliseconds = 1000;

/** Which packets to follow; what is absent keeps none out. */
export interface TraceFilter {
  /** One end of the packet is in this network. */
  readonly client?: Prefix | undefined;
  /** The service it is for or from, by address and port or by firewall mark. */
  readonly service?:
    | { readonly address: Readonly<AddressWords>; readonly port: number }
    | { readonly fwmark: number }
    | undefined;
  /** The real server it goes to or comes from; of any port without one. */
  readonly server?:
    | { readonly address: Readonly<AddressWords>; readonly port?: number | undefined }
    | undefined;
}

/** How to follow. */
export interface TraceOptions {
  readonly filter: TraceFilter;
  /** Records made a second at most. */
  readonly limit: number;
  /** Whether to tell of every real server of a service whose scheduler is asked. */
  readonly candidates: boolean;
}

/** A packet and how it was decided. */
export interface TraceRecord {
  readonly schema: typeof TRACE_SCHEMA;
  /** Milliseconds of the director's clock. */
  readonly time: Milliseconds;
  readonly packet: PacketFigures;
  readonly steps: readonly Step[];
  /** What has become of it. */
  readonly outcome: Outcome;
}

/** What a trace takes from its director. */
export interface TraceParts {
  readonly state: EngineState;
  readonly lifecycle: ConnectionLifecycle;
  readonly explainer: Explainer;
  readonly clock: Clock;
  /** Has the director tell of no more packets. */
  readonly ended: (trace: Trace) => void;
}

/** One trace. */
export class Trace {
  readonly #parts: TraceParts;
  readonly #options: TraceOptions;
  #records: TraceRecord[] = [];
  #lost = 0;
  #lastTaken: Milliseconds;
  /** Start of the second that is counted, and records made in it. */
  #second = Number.NEGATIVE_INFINITY;
  #made = 0;
  #ended = false;
  /** Whether the packet at hand may be followed. */
  #wanted = false;
  /** What was said of it before it was decided; nothing where there have been too many. */
  #expected: Explanation | undefined;

  constructor(parts: TraceParts, options: TraceOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#lastTaken = parts.clock.now();
  }

  /** Looks at a packet that is about to be decided. */
  before(packet: Packet): void {
    const now = this.#parts.clock.now();
    this.#wanted = false;
    this.#expected = undefined;
    if (this.hasEnded) {
      this.close();
      return;
    }
    if (!this.#mayMatch(packet)) return;
    this.#wanted = true;
    if (now - this.#second >= SECOND) {
      this.#second = now;
      this.#made = 0;
    }
    if (this.#made >= this.#options.limit || this.#records.length >= CAPACITY) return;
    this.#expected = this.#parts.explainer.explain(packet, this.#options);
  }

  /** Takes note of what has become of the packet looked at last. */
  after(decision: Decision): void {
    if (!this.#wanted) return;
    this.#wanted = false;
    const { server } = this.#options.filter;
    if (server !== undefined && !isServer(decision.destination, server)) return;
    const expected = this.#expected;
    if (expected === undefined) {
      this.#lost++;
      return;
    }
    this.#made++;
    this.#records.push({
      schema: TRACE_SCHEMA,
      time: this.#parts.clock.now(),
      packet: expected.packet,
      steps: expected.steps,
      outcome: outcomeOf(decision, expected.outcome),
    });
  }

  /** Returns the records since the last call, and how many were lost. */
  take(): { readonly records: readonly TraceRecord[]; readonly lost: number } {
    const taken = { records: this.#records, lost: this.#lost };
    this.#records = [];
    this.#lost = 0;
    this.#lastTaken = this.#parts.clock.now();
    return taken;
  }

  /** Whether it was closed, or nobody has taken from it for too long. */
  get hasEnded(): boolean {
    return this.#ended || this.#parts.clock.now() - this.#lastTaken > LEASE;
  }

  /** Ends the trace. Calling it again does nothing. */
  close(): void {
    this.#ended = true;
    this.#records = [];
    this.#parts.ended(this);
  }

  /** Whether the packet may pass the filter, as far as that shows before it is decided. */
  #mayMatch(packet: Packet): boolean {
    const { client, service, server } = this.#options.filter;
    if (client !== undefined && !hasEndIn(packet, client)) return false;
    if (service === undefined && server === undefined) return true;
    const { connections, services } = this.#parts.state;
    let handle = findRequest(connections, packet);
    if (handle === NO_CONNECTION) handle = findReply(connections, packet);
    const destination =
      handle === NO_CONNECTION ? undefined : this.#parts.lifecycle.destination(handle);
    if (service !== undefined) {
      const found =
        destination?.service ??
        services.lookup(
          packet.family,
          packet.mark,
          packet.protocol,
          packet.destination,
          packet.destinationPort,
        );
      if (!isService(found, service) && !isTo(packet, service)) return false;
    }
    // Of a packet without connection the server shows when it is decided.
    return server === undefined || destination === undefined || isServer(destination, server);
  }
}

function hasEndIn({ family, source, destination }: Packet, prefix: Prefix): boolean {
  const { address, prefixLength } = prefix;
  if (address.family !== family) return false;
  return (
    sharesPrefix(source, address.words, prefixLength) ||
    sharesPrefix(destination, address.words, prefixLength)
  );
}

function isService(
  service: VirtualService | undefined,
  wanted: NonNullable<TraceFilter["service"]>,
): boolean {
  if (service === undefined) return false;
  const { id } = service;
  if ("fwmark" in wanted) return id.fwmark === wanted.fwmark;
  return id.fwmark === 0 && id.port === wanted.port && sameWords(id.address.words, wanted.address);
}

function isTo(packet: Packet, wanted: NonNullable<TraceFilter["service"]>): boolean {
  if ("fwmark" in wanted) return packet.mark === wanted.fwmark;
  return packet.destinationPort === wanted.port && sameWords(packet.destination, wanted.address);
}

function isServer(
  destination: Destination | undefined,
  wanted: NonNullable<TraceFilter["server"]>,
): boolean {
  if (destination === undefined) return false;
  if (wanted.port !== undefined && wanted.port !== destination.port) return false;
  return sameWords(destination.address.words, wanted.address);
}

/** Returns what has become of a packet, in the form of what was expected. */
function outcomeOf(decision: Decision, expected: Outcome): Outcome {
  const { service, destination, connection, isNew } = decision;
  const existing = connection === NO_CONNECTION ? "none" : "existing";
  return {
    ...expected,
    verdict: VERDICT_NAMES[decision.verdict]!,
    reason: REASONS[decision.reason]!,
    service: service === undefined ? null : serviceName(service.id),
    // A port the real server has not itself is known of the connection only.
    server: expected.server ?? (destination === undefined ? null : endOf(destination)),
    method: FORWARDING_METHODS[decision.method] ?? null,
    connection: isNew ? "new" : existing,
  };
}
