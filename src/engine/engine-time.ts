/**
 * How time passes for one director: the clock's milliseconds become ticks, and what is due at each of them
 * is done, connections first.
 *
 * @module
 */
import type { Clock, Ticks } from "../base/clock.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import type { EngineState } from "./engine-state.ts";
import type { PeriodicJobs } from "./periodic-jobs.ts";

/** The time of one director. */
export class EngineTime {
  readonly #clock: Clock;
  /** Time on the clock at which tick 0 was, in ms. */
  readonly #origin: number;
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #jobs: PeriodicJobs;
  /** Whether more is due at the present tick than `advance` was allowed to see to. */
  #unfinished = false;

  /** @param state at the tick it is now by the clock; from here on `advance` moves it */
  constructor(
    clock: Clock,
    state: EngineState,
    lifecycle: ConnectionLifecycle,
    jobs: PeriodicJobs,
  ) {
    this.#clock = clock;
    this.#origin = clock.now() - (state.now * 1000) / state.profile.ticksPerSecond;
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#jobs = jobs;
  }

  /**
   * Lets the time pass that has passed on the clock.
   *
   * @param most connections seen to: where more are due at once, time stands still where they wait, and the
   *   next call goes on
   */
  advance(most: number): void {
    this.#lifecycle.allow(most);
    if (!this.#lifecycle.endMoreOrphans()) return;
    if (this.#unfinished && !this.#reach(this.#state.now)) return;
    const { ticksPerSecond } = this.#state.profile;
    const to = Math.floor(((this.#clock.now() - this.#origin) * ticksPerSecond) / 1000);
    if (to <= this.#state.now) return;
    for (let next = this.#nextTick(); next <= to; next = this.#nextTick()) {
      if (!this.#reach(next)) return;
    }
    this.#reach(to);
  }

  /** Returns the time on the clock at which something is due, in ms; Infinity for never. */
  nextDeadline(): number {
    return this.#origin + (this.#nextTick() * 1000) / this.#state.profile.ticksPerSecond;
  }

  /** Goes on to tick `to`, before which nothing is due; returns whether it is done with. */
  #reach(to: Ticks): boolean {
    this.#state.now = to;
    this.#jobs.advance(to);
    this.#unfinished = !this.#lifecycle.advance(to, this.#jobs);
    if (this.#unfinished) return false;
    this.#jobs.runDue();
    return !this.#lifecycle.hasWaiting;
  }

  #nextTick(): Ticks {
    return Math.min(this.#lifecycle.nextDeadline(), this.#jobs.nextDeadline());
  }
}
