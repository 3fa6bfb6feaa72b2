/**
 * The index of the connections: from the hash of what a packet shows to the connections it may belong to.
 *
 * A bucket is one line of the processor's cache. It holds the whole hash of each of its connections beside
 * the handle, so that no record is looked at but one whose hash is right, neither to find nor to deal out:
 *
 *     word  0  entries, 0–7          2, 4, … 14  hashes, the oldest first
 *           1  line behind it, or 0  3, 5, … 15  handles
 *
 * A line that is full is copied behind its bucket, which begins anew: so who looks through a bucket from its
 * end on, and then through the lines behind it, meets the newest first. That is what counts among equals.
 *
 * The index grows by linear hashing, a few buckets at a time, so no insertion waits for a rehash.
 *
 * Source: Litwin, "Linear hashing", 1980.
 *
 * @module
 */
import { tableWords } from "../base/table-words.ts";
import { type ConnectionHandle, NO_CONNECTION } from "./connection-records.ts";

const LINE_BITS = 4;
const LINE = 1 << LINE_BITS;
/** Entries of a line. */
const FULL = LINE / 2 - 1;
/** Word of a line that tells which is behind it: 0 for none. */
export const LINE_BEHIND = 1;
const BEHIND = LINE_BEHIND;
const NO_LINE = 0;

/** Lines are kept in arrays of this many. */
const SEGMENT_BITS = 14;
const SEGMENT_SIZE = 1 << SEGMENT_BITS;
const SEGMENT_MASK = SEGMENT_SIZE - 1;
/** Words before the first line, so that lines are lines of the cache; see `ConnectionRecords`. */
const MARGIN = 12;

const FIRST_BUCKETS = 1024;
/** Entries a bucket holds on average before the index grows; those not dealt out yet hold up to twice that. */
const LOAD = 3;
/** Buckets dealt out at a time: a power of two, at most `FIRST_BUCKETS`. */
const SPLITS = 8;

/** From hashes to handles. */
export class ConnectionIndex {
  readonly #buckets: Int32Array[] = [makeSegment(0)];
  /** Lines behind buckets, numbered from 1, and the first that is free. */
  readonly #more: Int32Array[] = [];
  #lines = 0;
  #freeLine = NO_LINE;
  /** Buckets of the present round of linear hashing, a power of two, and how many are dealt out. */
  #round = FIRST_BUCKETS;
  #split = 0;
  #size = 0;
  /** Where `seek` and `step` are. */
  #hash = 0;
  #words: Int32Array = this.#buckets[0]!;
  #at = MARGIN;
  #place = MARGIN;
  /** What is taken out of lines to be dealt out, the oldest first: hash and handle in turn. */
  readonly #hand: number[] = [];
  /** The lines it is taken out of, behind one another. */
  readonly #taken: number[] = [];

  /** Entries. */
  get size(): number {
    return this.#size;
  }

  /** Buckets. */
  get buckets(): number {
    return this.#round + this.#split;
  }

  /** Buckets of the round, and how many of them have been dealt out; see connection-walk.ts. */
  get round(): number {
    return this.#round;
  }

  get split(): number {
    return this.#split;
  }

  /** Returns the bucket of a hash. */
  bucketOf(hash: number): number {
    const bucket = hash & (this.#round - 1);
    return bucket < this.#split ? hash & (this.#round * 2 - 1) : bucket;
  }

  /** Returns the array the line of a bucket stands in, at `placeOf`; for the packet path. */
  wordsOf(bucket: number): Int32Array {
    return this.#buckets[bucket >>> SEGMENT_BITS]!;
  }

  /** Returns the array a line behind a bucket stands in, at `placeOf`. */
  moreOf(line: number): Int32Array {
    return this.#more[line >>> SEGMENT_BITS]!;
  }

  /** Puts an entry in, as the newest of its hash. */
  add(hash: number, handle: ConnectionHandle): void {
    const bucket = this.bucketOf(hash);
    this.#append(this.wordsOf(bucket), placeOf(bucket), hash, handle);
    this.#size++;
    if (this.#size > this.buckets * LOAD) this.#splitSome();
  }

  /** Takes an entry out; it must be in. */
  remove(hash: number, handle: ConnectionHandle): void {
    const bucket = this.bucketOf(hash);
    let words = this.wordsOf(bucket);
    let at = placeOf(bucket);
    let before: Int32Array | undefined;
    let beforeAt = 0;
    let place = entryIn(words, at, handle);
    while (place === at) {
      before = words;
      beforeAt = at;
      const line = words[at + BEHIND]!;
      words = this.moreOf(line);
      at = placeOf(line);
      place = entryIn(words, at, handle);
    }
    const last = at + 2 * words[at]!;
    for (; place < last; place += 2) {
      words[place] = words[place + 2]!;
      words[place + 1] = words[place + 3]!;
    }
    words[at]! -= 1;
    this.#size--;
    if (words[at] === 0) this.#closeUp(words, at, before, beforeAt);
  }

  /** Begins to look for the entries of a hash; `step` tells them. */
  seek(hash: number): void {
    const bucket = this.bucketOf(hash);
    this.#hash = hash;
    this.#words = this.wordsOf(bucket);
    this.#at = placeOf(bucket);
    this.#place = this.#at + 2 * this.#words[this.#at]!;
  }

  /** Returns the next entry of the hash, the newest first, or NO_CONNECTION. Nothing may change meanwhile. */
  step(): ConnectionHandle {
    for (;;) {
      while (this.#place > this.#at) {
        const place = this.#place;
        this.#place -= 2;
        if (this.#words[place] === this.#hash) return this.#words[place + 1]!;
      }
      const line = this.#words[this.#at + BEHIND]!;
      if (line === NO_LINE) return NO_CONNECTION;
      this.#words = this.moreOf(line);
      this.#at = placeOf(line);
      this.#place = this.#at + 2 * this.#words[this.#at]!;
    }
  }

  /**
   * Puts the entries of a bucket into `into`, the newest first, from place `count` on.
   *
   * @returns the place behind the last
   */
  gather(bucket: number, into: ConnectionHandle[], count: number): number {
    let next = count;
    let words = this.wordsOf(bucket);
    let at = placeOf(bucket);
    for (;;) {
      for (let place = at + 2 * words[at]!; place > at; place -= 2)
        into[next++] = words[place + 1]!;
      const line = words[at + BEHIND]!;
      if (line === NO_LINE) return next;
      words = this.moreOf(line);
      at = placeOf(line);
    }
  }

  /** Puts an entry into the bucket whose line is at `at`. */
  #append(words: Int32Array, at: number, hash: number, handle: ConnectionHandle): void {
    if (words[at] === FULL) this.#makeRoom(words, at);
    const place = at + 2 * ++words[at]!;
    words[place] = hash;
    words[place + 1] = handle;
  }

  /** Copies the line of a bucket behind it. */
  #makeRoom(words: Int32Array, at: number): void {
    const line = this.#allocate();
    copyLine(words, at, this.moreOf(line), placeOf(line));
    words[at] = 0;
    words[at + BEHIND] = line;
  }

  #allocate(): number {
    const free = this.#freeLine;
    if (free !== NO_LINE) {
      this.#freeLine = this.moreOf(free)[placeOf(free) + BEHIND]!;
      return free;
    }
    const line = ++this.#lines;
    if (line >>> SEGMENT_BITS >= this.#more.length) {
      this.#more.push(makeSegment(this.#more.length));
    }
    return line;
  }

  #release(line: number): void {
    this.moreOf(line)[placeOf(line) + BEHIND] = this.#freeLine;
    this.#freeLine = line;
  }

  /** Lets nothing be behind an empty line, nor an empty line behind anything. */
  #closeUp(words: Int32Array, at: number, before: Int32Array | undefined, beforeAt: number): void {
    const line = words[at + BEHIND]!;
    if (line !== NO_LINE) {
      copyLine(this.moreOf(line), placeOf(line), words, at);
      this.#release(line);
    } else if (before !== undefined) {
      this.#release(before[beforeAt + BEHIND]!);
      before[beforeAt + BEHIND] = NO_LINE;
    }
  }

  /** Deals the next buckets out. */
  #splitSome(): void {
    for (let count = 0; count < SPLITS; count++) this.#splitBucket(this.#split + count);
    this.#split += SPLITS;
    if (this.#split === this.#round) {
      this.#round *= 2;
      this.#split = 0;
    }
  }

  /** Deals the entries of one bucket out to two, keeping their order. */
  #splitBucket(bucket: number): void {
    const round = this.#round;
    const upper = round + bucket;
    if (upper >>> SEGMENT_BITS >= this.#buckets.length) {
      this.#buckets.push(makeSegment(this.#buckets.length));
    }
    const words = this.wordsOf(bucket);
    const at = placeOf(bucket);
    const others = this.wordsOf(upper);
    const otherAt = placeOf(upper);
    if (words[at + BEHIND] !== NO_LINE) {
      this.#dealHand(words, at, others, otherAt);
      return;
    }
    const last = at + 2 * words[at]!;
    let stay = at;
    let go = otherAt;
    for (let place = at + 2; place <= last; place += 2) {
      const hash = words[place]!;
      const handle = words[place + 1]!;
      if ((hash & round) === 0) {
        stay += 2;
        words[stay] = hash;
        words[stay + 1] = handle;
      } else {
        go += 2;
        others[go] = hash;
        others[go + 1] = handle;
      }
    }
    words[at] = (stay - at) >>> 1;
    others[otherAt] = (go - otherAt) >>> 1;
  }

  /** `#splitBucket` for one with lines behind it: all entries are taken out first. */
  #dealHand(words: Int32Array, at: number, others: Int32Array, otherAt: number): void {
    const hand = this.#hand;
    const held = this.#takeUp(words, at);
    words[at] = 0;
    words[at + BEHIND] = NO_LINE;
    for (let index = 0; index < held; index += 2) {
      const hash = hand[index]!;
      const stays = (hash & this.#round) === 0;
      this.#append(stays ? words : others, stays ? at : otherAt, hash, hand[index + 1]!);
    }
  }

  /**
   * Takes up the entries of a line and of those behind it, which are free then; the oldest come first.
   *
   * @returns the numbers taken up, two an entry
   */
  #takeUp(words: Int32Array, at: number): number {
    let held = 0;
    const lines = this.#taken;
    for (let line = words[at + BEHIND]!; line !== NO_LINE; ) {
      lines.push(line);
      line = this.moreOf(line)[placeOf(line) + BEHIND]!;
    }
    for (let line = lines.pop(); line !== undefined; line = lines.pop()) {
      held = takeLine(this.moreOf(line), placeOf(line), this.#hand, held);
      this.#release(line);
    }
    return takeLine(words, at, this.#hand, held);
  }
}

/** Where a line begins in its segment; its entries end there and go on, two words each, up to the newest. */
export function placeOf(line: number): number {
  return MARGIN + ((line & SEGMENT_MASK) << LINE_BITS);
}

function makeSegment(number: number): Int32Array {
  return tableWords(MARGIN + SEGMENT_SIZE * LINE, number);
}

/** Returns where a handle's entry is in a line, or `at` if it is not. */
function entryIn(words: Int32Array, at: number, handle: ConnectionHandle): number {
  let place = at + 2 * words[at]!;
  while (place > at && words[place + 1] !== handle) place -= 2;
  return place;
}

function copyLine(from: Int32Array, fromAt: number, to: Int32Array, toAt: number): void {
  for (let word = 0; word < LINE; word++) to[toAt + word] = from[fromAt + word]!;
}

/** Puts the entries of a line into `into` from place `count` on, and returns the place behind the last. */
function takeLine(words: Int32Array, at: number, into: number[], count: number): number {
  const last = at + 2 * words[at]! + 1;
  let next = count;
  for (let place = at + 2; place <= last; place++) into[next++] = words[place]!;
  return next;
}
