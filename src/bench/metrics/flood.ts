/**
 * Whether a server that has just come is flooded: how many of the next connections go to it, over its fair
 * part of them.
 *
 * @module
 */

/** Connections looked at after a server came. */
export const FLOOD_WINDOW = 200;

/** Watches the connections after one server came. */
export class FloodWatch {
  readonly #server: number;
  readonly #fairShare: number;
  #seen = 0;
  #got = 0;

  /** @param fairShare part of all connections it should get, 0–1 */
  constructor(server: number, fairShare: number) {
    this.#server = server;
    this.#fairShare = fairShare;
  }

  /** Notes who got the next connection. */
  choose(server: number): void {
    if (this.#seen >= FLOOD_WINDOW) return;
    this.#seen++;
    if (server === this.#server) this.#got++;
  }

  /** What it got over its fair part; 1 is fair; NaN if no connection came. */
  get ratio(): number {
    return this.#got / (this.#seen * this.#fairShare);
  }
}
