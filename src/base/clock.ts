/**
 * Time as an argument: who needs it is handed a `Clock`.
 *
 * @module
 */

/** A duration or instant in milliseconds; fractions allowed. */
export type Milliseconds = number;
/** A duration in whole seconds. */
export type Seconds = number;
/** A duration or instant in kernel clock ticks (jiffies); how many make a second is the profile's. */
export type Ticks = number;

/** A source of monotonic time. */
export interface Clock {
  /** Returns the time since an arbitrary fixed origin; never goes back. */
  now(): Milliseconds;
}

/** A clock that stands still until told to move, for tests, scenarios and replays. */
export class ManualClock implements Clock {
  #now: Milliseconds;

  constructor(start: Milliseconds = 0) {
    this.#now = start;
  }

  now(): Milliseconds {
    return this.#now;
  }

  /**
   * Moves the clock forward.
   *
   * @throws RangeError when `duration` is negative or not finite
   */
  advance(duration: Milliseconds): void {
    if (!(duration >= 0 && Number.isFinite(duration))) {
      throw new RangeError(`Cannot advance the clock by ${duration} ms: must be 0 or more`);
    }
    this.#now += duration;
  }

  /** Moves the clock to `instant`; an instant in the past leaves it where it is. */
  advanceTo(instant: Milliseconds): void {
    if (instant > this.#now) this.#now = instant;
  }
}
