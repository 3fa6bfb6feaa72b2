/**
 * How long a packet had to wait while something large went on: the times of single turns of a loop.
 *
 * @module
 */

/** Times of turns, in ms. */
export interface Pauses {
  readonly turns: number;
  /** By the clock: what else runs on the machine counts. */
  readonly longest: number;
  readonly p999: number;
  /** Of the processor, threads of the runtime included. */
  readonly longestBusy: number;
}

/** Takes the times of the turns of a loop. */
export class TurnTimer {
  readonly #times: number[] = [];
  #longestBusy = 0;

  /** Runs one turn. */
  turn(work: () => void): void {
    const busyBefore = process.cpuUsage();
    const before = performance.now();
    work();
    this.#times.push(performance.now() - before);
    const { user, system } = process.cpuUsage(busyBefore);
    this.#longestBusy = Math.max(this.#longestBusy, (user + system) / 1000);
  }

  /** Sum of all turns, in ms. */
  get total(): number {
    return this.#times.reduce((sum, time) => sum + time, 0);
  }

  result(): Pauses {
    const sorted = Float64Array.from(this.#times).sort();
    return {
      turns: sorted.length,
      longest: sorted.at(-1) ?? 0,
      p999: sorted[Math.floor((sorted.length - 1) * 0.999)] ?? 0,
      longestBusy: this.#longestBusy,
    };
  }
}

/** Milliseconds a turn takes in which nothing is done. */
const NOTHING = 0.25;

/** Returns the turns of a loop that does nothing for `duration` ms: what they last longer is the machine's. */
export function nothing(duration: number): Pauses {
  const timer = new TurnTimer();
  const end = performance.now() + duration;
  while (performance.now() < end) {
    timer.turn(() => {
      const until = performance.now() + NOTHING;
      while (performance.now() < until);
    });
  }
  return timer.result();
}
