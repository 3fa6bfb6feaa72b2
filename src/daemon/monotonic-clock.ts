/**
 * The real clock: time that passes by itself and never goes back.
 *
 * @module
 */
import type { Clock, Milliseconds } from "../base/clock.ts";

/** Tells the time since this thread began. */
export class MonotonicClock implements Clock {
  now(): Milliseconds {
    return performance.now();
  }
}
