/**
 * Deadlines of many entries, in ticks, on a wheel of wheels.
 *
 * Nine levels of 64 slots; a slot of level n covers 8ⁿ ticks. An entry is put into the one slot that
 * comes due at its deadline and stays there, so nothing ever cascades: arming, disarming and firing
 * cost the same whatever the number of entries.
 *
 *     level 0   |.|.|.| … |   1 tick a slot, deadlines up to 63 ticks away
 *     level 1   |   |   | …   8 ticks a slot, up to 504
 *     level 8   …             16777216 ticks a slot
 *
 * The price is precision: a deadline far away is rounded up to its slot, which is just what the
 * kernel's timers do. `roundedDeadline` tells what a deadline becomes, so an owner may write the new
 * deadline of an entry into its own memory at every packet and leave the wheel alone until the old one
 * comes due.
 *
 * Source: the non-cascading wheel of Linux kernel/time/timer.c (shape and rounding).
 *
 * @module
 */
import type { Ticks } from "./clock.ts";

const LEVELS = 9;
const SLOTS = 64;
/** A level's slots are 2³ times as wide as those of the level below. */
const WIDTH_BITS = 3;
/** Deadlines farther away than this come due here instead. */
const FARTHEST = 63 * 2 ** (WIDTH_BITS * (LEVELS - 1)) - 1;

const WIDEST = 2 ** (WIDTH_BITS * (LEVELS - 1));

/** The slot whose entries are being fired. */
const FIRING = LEVELS * SLOTS;

const NONE = -1;
const FIRST_CAPACITY = 1024;

/**
 * Returns the tick at which a timer set at `now` for `deadline` fires: `deadline` or somewhat later,
 * by at most an eighth of the distance and one tick.
 */
export function roundedDeadline(now: Ticks, deadline: Ticks): Ticks {
  const distance = Math.min(Math.max(deadline - now, 0), FARTHEST);
  const width = slotWidth(distance);
  return (Math.floor((now + distance) / width) + 1) * width;
}

/**
 * Returns the width of the slot a timer is put into that is set `distance` ticks ahead, in ticks. Of timers
 * that fire at one tick, a kernel fires those in wider slots first, and in one slot the last set first.
 */
export function slotWidth(distance: Ticks): Ticks {
  let width = 1;
  let reach = 63;
  while (distance >= reach && width < WIDEST) {
    width *= 8;
    reach *= 8;
  }
  return width;
}

/** Deadlines of entries told apart by small integers. */
export class TimerWheel {
  #now: Ticks;
  /** First entry of each slot. */
  readonly #heads = new Int32Array(FIRING + 1).fill(NONE);
  /** Which slots of a level hold entries: slots 0–31 and 32–63. */
  readonly #occupied = new Int32Array(LEVELS * 2 + 1);
  #next = new Int32Array(FIRST_CAPACITY).fill(NONE);
  /** The entry before, or `-2 - slot` for the first of a slot, or NONE for one not armed. */
  #previous = new Int32Array(FIRST_CAPACITY).fill(NONE);

  /** @param now the present tick */
  constructor(now: Ticks) {
    this.#now = now;
  }

  /** The tick the wheel has reached. */
  get now(): Ticks {
    return this.#now;
  }

  /**
   * Makes `entry` come due at tick `at`, instead of whenever it was to before.
   *
   * A tick that has passed becomes the next one; one that `roundedDeadline` gave is kept exactly.
   *
   * @param entry 0–2147483645; storage grows to the largest one seen
   */
  arm(entry: number, at: Ticks): void {
    if (entry >= this.#next.length) this.#grow(entry);
    this.disarm(entry);
    const slot = this.#slotOf(Math.max(at, this.#now + 1));
    const first = this.#heads[slot]!;
    this.#next[entry] = first;
    this.#previous[entry] = -2 - slot;
    if (first !== NONE) this.#previous[first] = entry;
    this.#heads[slot] = entry;
    this.#occupied[slot >>> 5]! |= 1 << (slot & 31);
  }

  /** Makes `entry` come due no more; one that was not to come due stays so. */
  disarm(entry: number): void {
    const previous = entry < this.#previous.length ? this.#previous[entry]! : NONE;
    if (previous === NONE) return;
    const next = this.#next[entry]!;
    if (next !== NONE) this.#previous[next] = previous;
    if (previous >= 0) {
      this.#next[previous] = next;
    } else {
      const slot = -2 - previous;
      this.#heads[slot] = next;
      if (next === NONE) this.#occupied[slot >>> 5]! &= ~(1 << (slot & 31));
    }
    this.#previous[entry] = NONE;
  }

  /** Returns the first tick at which an entry comes due, or Infinity when none is armed. */
  nextDeadline(): Ticks {
    let earliest = Number.POSITIVE_INFINITY;
    let width = 1;
    for (let level = 0; level < LEVELS; level++, width *= 8) {
      const low = this.#occupied[level * 2]!;
      const high = this.#occupied[level * 2 + 1]!;
      if ((low | high) === 0) continue;
      const position = Math.floor(this.#now / width);
      for (let ahead = 1; ahead <= SLOTS; ahead++) {
        const slot = (position + ahead) % SLOTS;
        if (((slot < 32 ? low : high) & (1 << (slot & 31))) === 0) continue;
        earliest = Math.min(earliest, (position + ahead) * width);
        break;
      }
    }
    return earliest;
  }

  /**
   * Goes on to tick `to` and calls `due` for each entry that comes due on the way, disarmed already.
   *
   * While `due` runs, `now` is the tick the entry was due at; it may arm and disarm any entry.
   */
  advance(to: Ticks, due: (entry: number) => void): void {
    while (this.#now < to) {
      const next = this.nextDeadline();
      if (next > to) {
        this.#now = to;
        return;
      }
      this.#now = next;
      let width = 1;
      for (let level = 0; level < LEVELS && next % width === 0; level++, width *= 8) {
        this.#fire(level * SLOTS + ((next / width) % SLOTS), due);
      }
    }
  }

  #fire(slot: number, due: (entry: number) => void): void {
    const first = this.#heads[slot]!;
    if (first === NONE) return;
    // Moved aside, as `due` may arm an entry for the slot's next turn and may disarm any other.
    this.#heads[slot] = NONE;
    this.#occupied[slot >>> 5]! &= ~(1 << (slot & 31));
    this.#heads[FIRING] = first;
    this.#previous[first] = -2 - FIRING;
    for (let entry = first; entry !== NONE; entry = this.#heads[FIRING]!) {
      this.disarm(entry);
      due(entry);
    }
  }

  /** The narrowest slot that comes due at or after tick `at`. */
  #slotOf(at: Ticks): number {
    let width = 1;
    for (let level = 0; level < LEVELS; level++, width *= 8) {
      const position = Math.ceil(at / width);
      if (position - Math.floor(this.#now / width) <= SLOTS) {
        return level * SLOTS + (position % SLOTS);
      }
    }
    const last = 8 ** (LEVELS - 1);
    return (LEVELS - 1) * SLOTS + (Math.floor(this.#now / last) % SLOTS);
  }

  #grow(entry: number): void {
    let capacity = this.#next.length;
    while (capacity <= entry) capacity *= 2;
    const next = new Int32Array(capacity).fill(NONE);
    next.set(this.#next);
    this.#next = next;
    const previous = new Int32Array(capacity).fill(NONE);
    previous.set(this.#previous);
    this.#previous = previous;
  }
}
