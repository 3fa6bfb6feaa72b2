/**
 * How evenly new connections are shared out, against the weights.
 *
 * What a server should have got is counted as connections come, by the weights at that moment, so servers
 * that come, go or change weight are judged by the time they were there.
 *
 * @module
 */

/** Figures of evenness over values of which all should be equal. */
export interface Evenness {
  /** Largest value over the mean; 1 at best. */
  readonly maxOverAverage: number;
  /** Standard deviation over the mean; 0 at best. */
  readonly variation: number;
  /** Jain's index, (Σx)² / (n Σx²); 1 at best, 1/n at worst. */
  readonly jain: number;
}

/** Returns how even `values` are; of none, or of zeros only, NaN. */
export function evenness(values: readonly number[]): Evenness {
  const { length } = values;
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  const mean = sum / length;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / length;
  return {
    maxOverAverage: Math.max(...values) / mean,
    variation: Math.sqrt(variance) / mean,
    jain: (sum * sum) / (length * squares),
  };
}

/** Counts choices of servers, and what would have been fair. */
export class Balance {
  readonly chosen: Float64Array;
  readonly #fair: Float64Array;
  #weights: Float64Array;
  #weightSum = 0;
  #sinceChange = 0;

  /** @param servers how many there are, in service or not */
  constructor(servers: number) {
    this.chosen = new Float64Array(servers);
    this.#fair = new Float64Array(servers);
    this.#weights = new Float64Array(servers);
  }

  /** Tells the weights from now on; 0 for servers not in service. */
  setWeights(weights: ArrayLike<number>): void {
    this.#settle();
    this.#weights = Float64Array.from(weights);
    this.#weightSum = this.#weights.reduce((sum, weight) => sum + weight, 0);
  }

  /** Part of new connections a server should get now, 0–1. */
  fairShare(server: number): number {
    return this.#weightSum === 0 ? 0 : this.#weights[server]! / this.#weightSum;
  }

  choose(server: number): void {
    this.chosen[server]! += 1;
    this.#sinceChange++;
  }

  /** Connections each server should have got. */
  fair(): Readonly<Float64Array> {
    this.#settle();
    return this.#fair;
  }

  /** Evenness of what servers got over what they should have got, of those that should have got any. */
  evenness(): Evenness {
    const fair = this.fair();
    const ratios: number[] = [];
    fair.forEach((due, server) => {
      if (due > 0) ratios.push(this.chosen[server]! / due);
    });
    return evenness(ratios);
  }

  #settle(): void {
    if (this.#weightSum > 0) {
      this.#weights.forEach((weight, server) => {
        this.#fair[server]! += (this.#sinceChange * weight) / this.#weightSum;
      });
    }
    this.#sinceChange = 0;
  }
}
