/**
 * How far the most loaded server is above the average, over time.
 *
 * Load is open connections over weight. The imbalance of a moment is the highest load over the load all
 * servers would have if connections were spread by weight, minus 1: 0 at best. Its average is weighted with
 * time; moments without connections do not count, nor with an average of less than one where that is rounded.
 *
 * @module
 */

/** Follows the imbalance of one simulation. */
export class Imbalance {
  readonly #whole: boolean;
  readonly #open: Float64Array;
  #weights: Float64Array;
  #weightSum = 0;
  #total = 0;
  #highest = 0;
  #since = 0;
  #area = 0;
  #time = 0;
  #running = false;

  /** @param wholeAverage whether the average is rounded down to whole connections (if all weights are 1) */
  constructor(servers: number, wholeAverage = false) {
    this.#whole = wholeAverage;
    this.#open = new Float64Array(servers);
    this.#weights = new Float64Array(servers);
  }

  /** Tells the weights from `now` on; servers of weight 0 do not count. */
  setWeights(weights: ArrayLike<number>, now: number): void {
    this.#pass(now);
    this.#weights = Float64Array.from(weights);
    this.#weightSum = this.#weights.reduce((sum, weight) => sum + weight, 0);
    this.#total = this.#open.reduce(
      (sum, open, server) => sum + (this.#weights[server]! > 0 ? open : 0),
      0,
    );
    this.#search();
  }

  /** Notes that a server has one more connection, or with -1 one less. */
  change(server: number, by: 1 | -1, now: number): void {
    this.#pass(now);
    const weight = this.#weights[server]!;
    const before = this.#open[server]!;
    this.#open[server] = before + by;
    if (weight === 0) return;
    this.#total += by;
    const load = (before + by) / weight;
    if (by > 0) {
      if (load > this.#highest) this.#highest = load;
    } else if (before / weight >= this.#highest) {
      this.#search();
    }
  }

  /** Begins to take the average. */
  start(now: number): void {
    this.#since = now;
    this.#running = true;
  }

  /** Ends it. */
  stop(now: number): void {
    this.#pass(now);
    this.#running = false;
  }

  /** The average so far, 0 at best; NaN if there never was a connection. */
  get average(): number {
    return this.#area / this.#time;
  }

  #pass(now: number): void {
    if (!this.#running) return;
    const span = now - this.#since;
    this.#since = now;
    const exact = this.#total / this.#weightSum;
    const average = this.#whole ? Math.floor(exact) : exact;
    if (this.#total === 0 || average === 0 || span === 0) return;
    this.#area += span * (this.#highest / average - 1);
    this.#time += span;
  }

  #search(): void {
    let highest = 0;
    for (let server = 0; server < this.#open.length; server++) {
      const weight = this.#weights[server]!;
      if (weight === 0) continue;
      const load = this.#open[server]! / weight;
      if (load > highest) highest = load;
    }
    this.#highest = highest;
  }
}
