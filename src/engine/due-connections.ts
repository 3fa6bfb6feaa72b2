/**
 * The connections that are due at one tick, handed out in the order a kernel's timers fire.
 *
 * Millions may be due at once, so nothing here takes long: they are gathered in runs, the runs are put in
 * order one by one, and what comes first is taken from the heads of the runs, kept as a heap.
 *
 * @module
 */
import type { ConnectionHandle } from "./connection-records.ts";

/** Connections of a run. */
const RUN = 1024;

/** Returns below 0 where the timer of `a` fires before that of `b`. */
export type FiringOrder = (a: ConnectionHandle, b: ConnectionHandle) => number;

interface Run {
  readonly handles: Int32Array;
  /** Connections in it, and how many of them were taken. */
  length: number;
  taken: number;
  /** Place among the runs: of what is equal, that of the earlier run comes first. */
  number: number;
}

/** What is due, first gathered, then taken. */
export class DueConnections {
  readonly #order: FiringOrder;
  #runs: Run[] = [];
  /** Runs in order already; as many at the front of `#runs` are a heap. */
  #sorted = 0;
  /** Runs that were taken, to be filled again: a million connections leave no garbage. */
  readonly #spare: Run[] = [];

  constructor(order: FiringOrder) {
    this.#order = order;
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  /** Gathers one more; not while others are taken. */
  add(handle: ConnectionHandle): void {
    let last = this.#runs.at(-1);
    if (last === undefined || last.length === RUN) {
      last = this.#spare.pop() ?? { handles: new Int32Array(RUN), length: 0, taken: 0, number: 0 };
      last.length = 0;
      last.taken = 0;
      last.number = this.#runs.length;
      this.#runs.push(last);
    }
    last.handles[last.length++] = handle;
  }

  /**
   * Puts one run in order and returns how many connections that were; 0 when all are.
   */
  sortRun(): number {
    const run = this.#runs[this.#sorted];
    if (run === undefined) return 0;
    run.handles.subarray(0, run.length).sort(this.#order);
    this.#sorted++;
    this.#rise(this.#sorted - 1);
    return run.length;
  }

  /** Takes what comes first; there must be one, and all runs in order if the order matters. */
  take(): ConnectionHandle {
    const first = this.#runs[0]!;
    const handle = first.handles[first.taken++]!;
    if (first.taken === first.length) this.#dropFirst();
    else if (this.#sorted > 0) this.#sink();
    return handle;
  }

  /** The first run is empty. */
  #dropFirst(): void {
    this.#spare.push(this.#runs[0]!);
    if (this.#sorted === 0) {
      this.#runs.shift();
      return;
    }
    const last = this.#runs.pop()!;
    this.#sorted--;
    if (this.#runs.length === 0) return;
    this.#runs[0] = last;
    this.#sink();
  }

  #rise(from: number): void {
    const runs = this.#runs;
    for (let at = from; at > 0; ) {
      const above = (at - 1) >>> 1;
      if (!this.#isBefore(runs[at]!, runs[above]!)) return;
      [runs[at], runs[above]] = [runs[above]!, runs[at]!];
      at = above;
    }
  }

  #sink(): void {
    const runs = this.#runs;
    for (let at = 0; ; ) {
      let least = at;
      for (let below = 2 * at + 1; below <= 2 * at + 2 && below < runs.length; below++) {
        if (this.#isBefore(runs[below]!, runs[least]!)) least = below;
      }
      if (least === at) return;
      [runs[at], runs[least]] = [runs[least]!, runs[at]!];
      at = least;
    }
  }

  #isBefore(a: Run, b: Run): boolean {
    const difference = this.#order(a.handles[a.taken]!, b.handles[b.taken]!);
    return difference < 0 || (difference === 0 && a.number < b.number);
  }
}
