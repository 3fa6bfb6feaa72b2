/**
 * The 256 buckets of dh and sh, dealt to the destinations of a service in list order, around the list.
 *
 * They follow from the list and are dealt when they are asked for after a change, not at each of many.
 *
 * @module
 */
import type { DestinationList } from "../src/engine/destination-list.ts";
import type { SchedulableDestination } from "../src/engine/scheduler.ts";

/** Buckets are numbers of so many bits. */
export const BUCKET_BITS = 8;
export const BUCKETS = 1 << BUCKET_BITS;

/** The buckets of one service. */
export class DealtBuckets<D extends SchedulableDestination> {
  readonly #list: DestinationList<D>;
  readonly #handOf: (destination: SchedulableDestination) => number;
  /** Each bucket's destination; empty while there are none. */
  readonly #buckets: D[] = [];
  #stale = true;

  /** @param handOf returns how many buckets in a row a destination gets at a time, at least 1 */
  constructor(list: DestinationList<D>, handOf: (destination: SchedulableDestination) => number) {
    this.#list = list;
    this.#handOf = handOf;
  }

  /** Deals anew before the next look. */
  renew(): void {
    this.#stale = true;
  }

  /** Returns the destination of a bucket, `undefined` only while there are none at all. */
  at(bucket: number): D | undefined {
    if (this.#stale) this.#deal();
    return this.#buckets[bucket];
  }

  /** Returns every bucket's destination. */
  all(): readonly D[] {
    if (this.#stale) this.#deal();
    return this.#buckets;
  }

  #deal(): void {
    const buckets = this.#buckets;
    const list = this.#list;
    this.#stale = false;
    buckets.length = 0;
    if (list.size === 0) return;
    let place = list.end;
    while (buckets.length < BUCKETS) {
      place = place === 0 ? list.end - 1 : place - 1;
      const destination = list.at(place);
      if (destination === undefined) continue;
      const hand = Math.min(this.#handOf(destination), BUCKETS - buckets.length);
      for (let dealt = 0; dealt < hand; dealt++) buckets.push(destination);
    }
  }
}
