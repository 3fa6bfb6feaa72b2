/**
 * Exact quantiles of many values.
 *
 * @module
 */

/** Values that are gathered, then asked. */
export class Quantiles {
  #values: Float32Array;
  #length = 0;
  #sorted = true;
  #sum = 0;

  /** @param capacity the most values there will be */
  constructor(capacity: number) {
    this.#values = new Float32Array(capacity);
  }

  add(value: number): void {
    this.#values[this.#length++] = value;
    this.#sum += value;
    this.#sorted = false;
  }

  get mean(): number {
    return this.#sum / this.#length;
  }

  /**
   * Returns the least value that at least a part `q` of all values does not exceed (nearest rank), with the
   * precision of a single; NaN of none.
   *
   * @param q 0–1
   */
  at(q: number): number {
    if (!this.#sorted) {
      this.#values = this.#values.subarray(0, this.#length).sort();
      this.#sorted = true;
    }
    if (this.#length === 0) return Number.NaN;
    // 0.999 * 1000 is a little more than 999 in binary: take what is within rounding as exact.
    const rank = Math.ceil(q * this.#length - 1e-9);
    return this.#values[Math.max(0, rank - 1)]!;
  }
}
