/**
 * What a director of this process offers to who wants to know how it decides.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";
import { IpvsError } from "../base/error.ts";
import type { Director } from "../engine/director.ts";
import type { Explanation } from "../engine/explain/explanation.ts";
import type { Trace, TraceRecord } from "../engine/explain/trace.ts";
import type { CaptureEnd, ExplainRequest, TraceRequest } from "../wire/uipvs-explain.ts";
import { parseTraceFilter } from "./trace-filter.ts";

/** Traces at the same time. */
const MOST_TRACES = 8;

/** A record as it is told: with the time people have. */
export type ToldTrace = Omit<TraceRecord, "time"> & {
  /** ISO 8601, such as `2026-01-31T12:00:00.000Z`. */
  readonly time: string;
};

/** Traces by number. Unknown numbers are refused with ENOENT. */
export interface TraceTable {
  /** @throws IpvsError EBUSY when there are too many, EINVAL for a request that makes no sense */
  start(request: TraceRequest): number;
  /** Returns what has come since it was read last. */
  read(number: number): { readonly records: readonly ToldTrace[]; readonly lost: number };
  stop(number: number): void;
}

/** The capture of what passes a director. */
export interface CaptureSwitch {
  /** @throws IpvsError EBUSY when there is one, the errno of the file when it cannot be made */
  start(path: string): void;
  /** @throws IpvsError ENOENT when there is none */
  stop(): CaptureEnd;
}

/** What may be offered. What is absent is refused with EOPNOTSUPP. */
export interface ExplainServices {
  /** Returns what would become of a packet, or `undefined` for what is none. */
  readonly explain?: ((request: ExplainRequest) => Explanation | undefined) | undefined;
  readonly traces?: TraceTable | undefined;
  readonly capture?: CaptureSwitch | undefined;
}

/**
 * Returns explanations and traces of `director`.
 *
 * @param epoch what zero is on the director's clock, in ms since 1970
 */
export function explainServices(director: Director, epoch: Milliseconds): ExplainServices {
  return {
    explain: ({ packet, mark }) => director.explain(packet, { mark }),
    traces: new DirectorTraces(director, epoch),
  };
}

class DirectorTraces implements TraceTable {
  readonly #director: Director;
  readonly #epoch: Milliseconds;
  readonly #traces = new Map<number, Trace>();
  #last = 0;

  constructor(director: Director, epoch: Milliseconds) {
    this.#director = director;
    this.#epoch = epoch;
  }

  start(request: TraceRequest): number {
    const { limit, candidates } = request;
    if (limit === 0) throw new IpvsError("EINVAL", "Cannot follow 0 packets a second");
    const filter = understood(request);
    this.#forgetEnded();
    if (this.#traces.size >= MOST_TRACES) {
      throw new IpvsError("EBUSY", `There are ${MOST_TRACES} traces already`);
    }
    this.#last++;
    this.#traces.set(this.#last, this.#director.trace({ filter, limit, candidates }));
    return this.#last;
  }

  read(number: number): ReturnType<TraceTable["read"]> {
    const { records, lost } = this.#at(number).take();
    const told = records.map((record) => ({
      ...record,
      time: new Date(this.#epoch + record.time).toISOString(),
    }));
    return { records: told, lost };
  }

  stop(number: number): void {
    this.#at(number).close();
    this.#traces.delete(number);
  }

  #at(number: number): Trace {
    this.#forgetEnded();
    const trace = this.#traces.get(number);
    if (trace === undefined) throw new IpvsError("ENOENT", `There is no trace ${number}`);
    return trace;
  }

  #forgetEnded(): void {
    for (const [number, trace] of this.#traces) {
      if (trace.hasEnded) this.#traces.delete(number);
    }
  }
}

function understood(request: TraceRequest): ReturnType<typeof parseTraceFilter> {
  try {
    return parseTraceFilter(request);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new IpvsError("EINVAL", error.message);
  }
}
