/**
 * Where lblc and lblcr remember what they chose for an address.
 *
 * A hash table of 1024 buckets with the kernel's rules of aging, which decide what is remembered:
 * every 30th minute all entries unused for long go; while there are more than 16384, those unused
 * for six minutes go every minute, bucket by bucket from where the last sweep ended, until enough are
 * gone; beyond a limit nothing is added.
 *
 * Entries are rows of parallel arrays, chained by index, that double as they fill. A look-up
 * allocates nothing.
 *
 * Source: ipvsadm(8), `-s lblc`; Linux net/netfilter/ipvs/ip_vs_lblc.c.
 *
 * @module
 */
import type { Ticks } from "../src/base/clock.ts";
import { hash32 } from "../src/base/hash.ts";
import { type AddressWords, fold } from "../src/net/address.ts";

const BUCKET_BITS = 10;
const BUCKETS = 1 << BUCKET_BITS;
/** Entries above which minutes are no longer counted and partial sweeps begin. */
const CROWDED = BUCKETS * 16;
/** Minutes from one full sweep to the next. */
const FULL_SWEEP_PERIOD = 30;
/** Seconds of disuse after which a partial sweep takes an entry. */
const PARTIAL_SWEEP_AGE = 360;
const FIRST_CAPACITY = 64;
const NONE = -1;

/** What an address cache takes from the scheduler's context. */
export interface AddressCacheOptions {
  /** Entries at which it stops growing, or Infinity. */
  readonly limit: number;
  /** Disuse after which a full sweep takes an entry. */
  readonly expiration: Ticks;
  readonly ticksPerSecond: number;
}

/** Values by address, forgotten when long unused. */
export class AddressCache<V> {
  readonly #options: AddressCacheOptions;
  /** First row of each bucket, or `NONE`. */
  readonly #heads = new Int32Array(BUCKETS).fill(NONE);
  /** Address of each row, 4 words. */
  #words = new Uint32Array(4 * FIRST_CAPACITY);
  /** Next row in the bucket, or in the list of free rows, or `NONE`. */
  #next = new Int32Array(FIRST_CAPACITY);
  #lastUse = new Float64Array(FIRST_CAPACITY);
  #values: (V | undefined)[] = [];
  /** First of the rows given back, or `NONE`. */
  #free = NONE;
  #size = 0;
  /** Bucket the last partial sweep ended at. */
  #rover = 0;
  /** Minutes since the last full sweep, from 1. */
  #minute = 1;

  constructor(options: AddressCacheOptions) {
    this.#options = options;
  }

  /** Entries. */
  get size(): number {
    return this.#size;
  }

  /** Whether an address without an entry would get none. */
  get isFull(): boolean {
    return this.#size >= this.#options.limit;
  }

  /** Returns the value of an address and marks it used at `now`, or returns `undefined`. */
  use(address: Readonly<AddressWords>, now: Ticks): V | undefined {
    const row = this.#find(bucketOf(address), address);
    if (row === NONE) return undefined;
    this.#lastUse[row] = now;
    return this.#values[row];
  }

  /** Returns the value of an address without marking it used, or `undefined`. */
  peek(address: Readonly<AddressWords>): V | undefined {
    const row = this.#find(bucketOf(address), address);
    return row === NONE ? undefined : this.#values[row];
  }

  /** Gives an address a value, used at `now`. One without an entry gets none when full. */
  set(address: Readonly<AddressWords>, value: V, now: Ticks): void {
    const bucket = bucketOf(address);
    let row = this.#find(bucket, address);
    if (row === NONE) {
      if (this.isFull) return;
      row = this.#takeRow();
      this.#words.set(address, 4 * row);
      this.#next[row] = this.#heads[bucket]!;
      this.#heads[bucket] = row;
      this.#size++;
    }
    this.#lastUse[row] = now;
    this.#values[row] = value;
  }

  /** Yields every value. */
  *values(): Generator<V, void, undefined> {
    for (const value of this.#values) if (value !== undefined) yield value;
  }

  /** Forgets what is old; to be told every 60 s. */
  everyMinute(now: Ticks): void {
    if (this.#minute % FULL_SWEEP_PERIOD === 0) {
      const unusedSince = now - this.#options.expiration;
      for (let bucket = 0; bucket < BUCKETS; bucket++) this.#sweep(bucket, unusedSince);
      this.#minute = 1;
    } else if (this.#size <= CROWDED) {
      this.#minute++;
    } else {
      this.#sweepPartially(now);
    }
  }

  #sweepPartially(now: Ticks): void {
    const unusedSince = now - PARTIAL_SWEEP_AGE * this.#options.ticksPerSecond;
    let goal = Math.min(Math.floor(((this.#size - CROWDED) * 4) / 3), CROWDED / 2);
    for (let turn = 0; turn < BUCKETS && goal > 0; turn++) {
      this.#rover = (this.#rover + 1) % BUCKETS;
      goal -= this.#sweep(this.#rover, unusedSince);
    }
  }

  /** Removes the entries of a bucket last used at `unusedSince` or before; returns how many. */
  #sweep(bucket: number, unusedSince: Ticks): number {
    let removed = 0;
    let kept = NONE;
    for (let row = this.#heads[bucket]!; row !== NONE; ) {
      const next = this.#next[row]!;
      if (this.#lastUse[row]! > unusedSince) {
        kept = row;
      } else {
        if (kept === NONE) this.#heads[bucket] = next;
        else this.#next[kept] = next;
        this.#giveRow(row);
        removed++;
      }
      row = next;
    }
    this.#size -= removed;
    return removed;
  }

  #find(bucket: number, address: Readonly<AddressWords>): number {
    const words = this.#words;
    let row = this.#heads[bucket]!;
    while (row !== NONE) {
      const at = 4 * row;
      if (
        words[at] === address[0] &&
        words[at + 1] === address[1] &&
        words[at + 2] === address[2] &&
        words[at + 3] === address[3]
      ) {
        break;
      }
      row = this.#next[row]!;
    }
    return row;
  }

  /** Returns a row that is nobody's. */
  #takeRow(): number {
    if (this.#free === NONE) {
      const row = this.#values.length;
      if (row === this.#next.length) this.#grow();
      this.#values.push(undefined);
      return row;
    }
    const row = this.#free;
    this.#free = this.#next[row]!;
    return row;
  }

  #giveRow(row: number): void {
    this.#values[row] = undefined;
    this.#next[row] = this.#free;
    this.#free = row;
  }

  #grow(): void {
    const words = new Uint32Array(2 * this.#words.length);
    const next = new Int32Array(2 * this.#next.length);
    const lastUse = new Float64Array(2 * this.#lastUse.length);
    words.set(this.#words);
    next.set(this.#next);
    lastUse.set(this.#lastUse);
    this.#words = words;
    this.#next = next;
    this.#lastUse = lastUse;
  }
}

function bucketOf(address: Readonly<AddressWords>): number {
  return hash32(fold(address), BUCKET_BITS);
}
