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
import { tableWords } from "./table-words.ts";

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

/** Links of this many entries are kept together, two words each. */
const SEGMENT_BITS = 16;
const SEGMENT_SIZE = 1 << SEGMENT_BITS;
const SEGMENT_MASK = SEGMENT_SIZE - 1;

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
  /**
   * By segment, of each entry: the one after it, and the one before, which is `-2 - slot` for the first of
   * a slot and NONE for one not armed.
   */
  readonly #links: Int32Array[] = [];
  /** The level whose slot is being fired at this tick; LEVELS when the tick is done with. */
  #level = LEVELS;
  /** The slot found last, for which tick and when. */
  #soughtAt: Ticks = -1;
  #soughtNow: Ticks = -1;
  #found = 0;

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
    while (entry >>> SEGMENT_BITS >= this.#links.length) {
      this.#links.push(tableWords(2 * SEGMENT_SIZE, this.#links.length).fill(NONE));
    }
    this.disarm(entry);
    const slot = this.#slotFor(at);
    const first = this.#heads[slot]!;
    this.#link(entry, -2 - slot, first);
    if (first !== NONE) this.#setPrevious(first, entry);
    this.#heads[slot] = entry;
    this.#occupied[slot >>> 5]! |= 1 << (slot & 31);
  }

  /** Makes `entry` come due no more; one that was not to come due stays so. */
  disarm(entry: number): void {
    const links = this.#links[entry >>> SEGMENT_BITS];
    if (links === undefined) return;
    const at = (entry & SEGMENT_MASK) << 1;
    const previous = links[at + 1]!;
    if (previous === NONE) return;
    const next = links[at]!;
    if (next !== NONE) this.#setPrevious(next, previous);
    if (previous >= 0) {
      this.#links[previous >>> SEGMENT_BITS]![(previous & SEGMENT_MASK) << 1] = next;
    } else {
      const slot = -2 - previous;
      this.#heads[slot] = next;
      if (next === NONE) this.#occupied[slot >>> 5]! &= ~(1 << (slot & 31));
    }
    links[at + 1] = NONE;
  }

  /** Returns the first tick at which an entry comes due, or Infinity when none is armed. */
  nextDeadline(): Ticks {
    if (this.#level < LEVELS) return this.#now;
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
   *
   * @param most calls of `due`, any number unless given; where there would be more, `advance` goes on from
   *   there the next time
   * @returns whether it has got to `to`
   */
  advance(to: Ticks, due: (entry: number) => void, most = Number.POSITIVE_INFINITY): boolean {
    let room = most;
    for (;;) {
      while (this.#level < LEVELS) {
        for (let entry = this.#heads[FIRING]!; entry !== NONE; entry = this.#heads[FIRING]!) {
          if (room-- <= 0) return false;
          this.disarm(entry);
          due(entry);
        }
        this.#level++;
        this.#open();
      }
      if (this.#now >= to) return true;
      const next = this.nextDeadline();
      if (next > to) {
        this.#now = to;
        return true;
      }
      this.#now = next;
      this.#level = 0;
      this.#open();
    }
  }

  /**
   * Moves the entries of the present level that are due aside, as `due` may arm an entry for the slot's
   * next turn and may disarm any other. Levels above one of which no slot is due have none that are.
   */
  #open(): void {
    const width = 8 ** this.#level;
    if (this.#level === LEVELS || this.#now % width !== 0) {
      this.#level = LEVELS;
      return;
    }
    const slot = this.#level * SLOTS + ((this.#now / width) % SLOTS);
    const first = this.#heads[slot]!;
    if (first === NONE) return;
    this.#heads[slot] = NONE;
    this.#occupied[slot >>> 5]! &= ~(1 << (slot & 31));
    this.#heads[FIRING] = first;
    this.#setPrevious(first, -2 - FIRING);
  }

  #link(entry: number, previous: number, next: number): void {
    const links = this.#links[entry >>> SEGMENT_BITS]!;
    const at = (entry & SEGMENT_MASK) << 1;
    links[at] = next;
    links[at + 1] = previous;
  }

  #setPrevious(entry: number, previous: number): void {
    this.#links[entry >>> SEGMENT_BITS]![((entry & SEGMENT_MASK) << 1) + 1] = previous;
  }

  /** Most entries of a tick are armed for the same one. */
  #slotFor(at: Ticks): number {
    if (at !== this.#soughtAt || this.#now !== this.#soughtNow) {
      this.#soughtAt = at;
      this.#soughtNow = this.#now;
      this.#found = this.#slotOf(Math.max(at, this.#now + 1));
    }
    return this.#found;
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
}
