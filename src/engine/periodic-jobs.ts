/**
 * Work to be done again and again, at the pace of the kernel's timers.
 *
 * @module
 */
import type { Ticks } from "../base/clock.ts";
import { roundedDeadline, slotWidth, TimerWheel } from "../base/timer-wheel.ts";

/** Ends a job when called; calling it again does nothing. */
export type Cancel = () => void;

interface Job {
  readonly number: number;
  /** Until it runs, and runs again if it is `repeated`. */
  readonly delay: Ticks;
  readonly repeated: boolean;
  readonly run: () => void;
  /** When its timer was set. */
  armed: Ticks;
  cancelled: boolean;
}

/** Jobs of one director. */
export class PeriodicJobs {
  readonly #wheel: TimerWheel;
  readonly #jobs: (Job | undefined)[] = [];
  readonly #free: number[] = [];
  /** What is due, first to last. */
  readonly #due: Job[] = [];

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
    return this.#add(now, period, true, run);
  }

  /** Runs `run` once, `delay` ticks from now, rounded up as a kernel timer is. */
  once(now: Ticks, delay: Ticks, run: () => void): Cancel {
    return this.#add(now, delay, false, run);
  }

  /** Returns the tick of the next run, or Infinity. */
  nextDeadline(): Ticks {
    return this.#wheel.nextDeadline();
  }

  /** Goes on to tick `to`, not later than `nextDeadline`. What is due then waits to be run. */
  advance(to: Ticks): void {
    this.#wheel.advance(to, this.#collect);
    if (this.#due.length > 1) {
      this.#due.sort((a, b) => slotWidth(b.delay) - slotWidth(a.delay) || b.armed - a.armed);
    }
  }

  /** Whether jobs wait to be run. */
  get hasDue(): boolean {
    return this.#due.length > 0;
  }

  /** Runs the jobs that a kernel runs before a timer in a slot of this width that was set at `armed`. */
  runBefore(width: Ticks, armed: Ticks): void {
    for (let job = this.#due[0]; job !== undefined; job = this.#due[0]) {
      const wider = slotWidth(job.delay) - width;
      if (wider < 0 || (wider === 0 && job.armed <= armed)) return;
      this.#runFirst();
    }
  }

  /** Runs all jobs that wait. */
  runDue(): void {
    while (this.#due.length > 0) this.#runFirst();
  }

  #runFirst(): void {
    const job = this.#due.shift();
    if (job === undefined || job.cancelled) return;
    if (job.repeated) this.#arm(job, this.#wheel.now);
    else this.#forget(job);
    job.run();
  }

  #add(now: Ticks, delay: Ticks, repeated: boolean, run: () => void): Cancel {
    const number = this.#free.pop() ?? this.#jobs.length;
    const job = { number, delay, repeated, run, armed: now, cancelled: false };
    this.#jobs[number] = job;
    this.#arm(job, now);
    return () => {
      if (job.cancelled) return;
      this.#wheel.disarm(number);
      this.#forget(job);
    };
  }

  #arm(job: Job, now: Ticks): void {
    job.armed = now;
    this.#wheel.arm(job.number, roundedDeadline(now, now + job.delay));
  }

  #forget(job: Job): void {
    job.cancelled = true;
    this.#jobs[job.number] = undefined;
    this.#free.push(job.number);
  }

  readonly #collect = (number: number): void => {
    const job = this.#jobs[number];
    if (job !== undefined) this.#due.push(job);
  };
}
