/**
 * Work to be done again and again, at the pace of the kernel's timers.
 *
 * @module
 */
import type { Ticks } from "../base/clock.ts";
import { roundedDeadline, TimerWheel } from "../base/timer-wheel.ts";

/** Ends a job when called; calling it again does nothing. */
export type Cancel = () => void;

interface Job {
  /** 0 for a job that is done once. */
  readonly period: Ticks;
  readonly run: () => void;
}

/** Jobs of one director. */
export class PeriodicJobs {
  readonly #wheel: TimerWheel;
  readonly #jobs: (Job | undefined)[] = [];
  readonly #free: number[] = [];

  /** @param now the present tick */
  constructor(now: Ticks) {
    this.#wheel = new TimerWheel(now);
  }

  /**
   * Runs `run` every `period` ticks from now on, each time rounded up as a kernel timer is.
   *
   * @param now the present tick
   */
  every(now: Ticks, period: Ticks, run: () => void): Cancel {
    return this.#add({ period, run }, roundedDeadline(now, now + period));
  }

  /** Runs `run` once, `delay` ticks from now, rounded up as a kernel timer is. */
  once(now: Ticks, delay: Ticks, run: () => void): Cancel {
    const cancel: Cancel = this.#add(
      {
        period: 0,
        run: () => {
          cancel();
          run();
        },
      },
      roundedDeadline(now, now + delay),
    );
    return cancel;
  }

  /** Returns the tick of the next run, or Infinity. */
  nextDeadline(): Ticks {
    return this.#wheel.nextDeadline();
  }

  /** Runs what is due up to tick `to`. */
  advance(to: Ticks): void {
    this.#wheel.advance(to, this.#run);
  }

  #add(job: Job, at: Ticks): Cancel {
    const number = this.#free.pop() ?? this.#jobs.length;
    this.#jobs[number] = job;
    this.#wheel.arm(number, at);
    return () => {
      if (this.#jobs[number] !== job) return;
      this.#jobs[number] = undefined;
      this.#wheel.disarm(number);
      this.#free.push(number);
    };
  }

  readonly #run = (number: number): void => {
    const job = this.#jobs[number];
    if (job === undefined) return;
    const { now } = this.#wheel;
    if (job.period > 0) this.#wheel.arm(number, roundedDeadline(now, now + job.period));
    job.run();
  };
}
