/**
 * A walk through all connections that can be found, a bucket of the index at a time.
 *
 * The table may change while it goes on: what is there from its beginning to its end, under the same key,
 * comes once each. Buckets are those of the beginning. One that has been dealt out since is in buckets whose
 * numbers differ from its own by multiples of what it was told apart by, and all of them are looked at together.
 *
 * @module
 */
import type { ConnectionIndex } from "./connection-index.ts";
import {
  CONNECTION_FLAG,
  type ConnectionHandle,
  type ConnectionRecords,
  NO_CONNECTION,
} from "./connection-records.ts";

const { hashed: HASHED } = CONNECTION_FLAG;

/** One walk. It allocates nothing on its way but room for the connections of a bucket. */
export class ConnectionWalk {
  readonly #index: ConnectionIndex;
  readonly #records: ConnectionRecords;
  readonly #round: number;
  readonly #split: number;
  /** The bucket of the beginning that is looked at, and by what multiples of a number others belong to it. */
  #first = -1;
  #modulus = 0;
  /** Its connections, how many there are, and how many have had their turn. */
  readonly #handles: ConnectionHandle[] = [];
  #count = 0;
  #taken = 0;

  constructor(index: ConnectionIndex, records: ConnectionRecords) {
    this.#index = index;
    this.#records = records;
    this.#round = index.round;
    this.#split = index.split;
  }

  /** Returns the next connection, bucket by bucket, the newest first in each, or NO_CONNECTION after the last. */
  next(): ConnectionHandle {
    for (;;) {
      while (this.#taken < this.#count) {
        const handle = this.#handles[this.#taken++]!;
        if (this.#isThere(handle)) return handle;
      }
      if (!this.#gatherMore()) return NO_CONNECTION;
    }
  }

  /** Whether a connection is one of the bucket: it may have been removed, and another have got the handle. */
  #isThere(handle: ConnectionHandle): boolean {
    const records = this.#records;
    if ((records.flags(handle) & HASHED) === 0) return false;
    return (records.hash(handle) & (this.#modulus - 1)) === this.#first;
  }

  /** Goes on to the next bucket; returns whether there is one. */
  #gatherMore(): boolean {
    const index = this.#index;
    const round = this.#round;
    const split = this.#split;
    const first = this.#first + 1;
    if (first >= round + split) return false;
    this.#first = first;
    this.#modulus = first < split || first >= round ? round * 2 : round;
    this.#count = 0;
    this.#taken = 0;
    for (let bucket = first; bucket < index.buckets; bucket += this.#modulus) {
      this.#count = index.gather(bucket, this.#handles, this.#count);
    }
    return true;
  }
}
