/**
 * A stream of random numbers in the shapes a workload needs, from a seed of its own.
 *
 * Arrivals, clients and durations each draw from another stream, so that every scheduler meets the same
 * connections, whatever it decides.
 *
 * @module
 */
import { SeededRandom } from "../base/random.ts";

const TWO_32 = 0x1_0000_0000;
/** Spreads neighbouring seeds and streams: an odd constant near 2^32 / φ. */
const SPREAD = 0x9e3779b1;

/** Random numbers of one subject. */
export class Stream {
  readonly random: SeededRandom;

  /**
   * @param seed of the whole run
   * @param number of the subject, 0 or more
   */
  constructor(seed: number, number: number) {
    this.random = new SeededRandom(Math.imul(seed, SPREAD) + number * 0x85ebca6b);
  }

  /** Returns a number in (0, 1), never an end. */
  unit(): number {
    return (this.random.uint32() + 0.5) / TWO_32;
  }

  /** Returns an exponentially distributed number. */
  exponential(mean: number): number {
    return -mean * Math.log(this.unit());
  }
}
