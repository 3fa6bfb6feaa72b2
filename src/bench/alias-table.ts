/**
 * Draws an index with a given probability in constant time.
 *
 * Source: M. D. Vose, "A linear algorithm for generating random numbers with a given distribution",
 * IEEE Transactions on Software Engineering 17(9), 1991.
 *
 * @module
 */
import type { Stream } from "./stream.ts";

/** A discrete distribution over 0–`length - 1`. */
export class AliasTable {
  readonly #keep: Float64Array;
  readonly #alias: Uint32Array;

  /** @param weights each 0 or more, not all 0; they need not sum up to 1 */
  constructor(weights: ArrayLike<number>) {
    const { length } = weights;
    let sum = 0;
    for (let index = 0; index < length; index++) sum += weights[index]!;
    const scaled = Float64Array.from(weights, (weight) => (weight * length) / sum);
    this.#keep = new Float64Array(length).fill(1);
    this.#alias = new Uint32Array(length);
    const small: number[] = [];
    const large: number[] = [];
    scaled.forEach((value, index) => {
      (value < 1 ? small : large).push(index);
    });
    while (small.length > 0 && large.length > 0) {
      const low = small.pop()!;
      const high = large.pop()!;
      this.#keep[low] = scaled[low]!;
      this.#alias[low] = high;
      scaled[high] = scaled[high]! + scaled[low]! - 1;
      (scaled[high]! < 1 ? small : large).push(high);
    }
  }

  draw(stream: Stream): number {
    const index = stream.random.below(this.#keep.length);
    return stream.unit() < this.#keep[index]! ? index : this.#alias[index]!;
  }
}
