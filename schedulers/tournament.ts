/**
 * Who has the least load per weight, among many, kept as loads change.
 *
 * A tournament: entries meet in groups of eight, whose ratios are one line of the cache, the winners of
 * groups in groups of eight, up to one winner. A tie goes to the entry of the higher number. An entry that
 * gets less load is compared with the winner of its group, one that gets more only if it was the winner:
 * then the others of its group are looked at. Where the winner stays as it was, nothing above changes.
 *
 * @module
 */
import { isHeavier } from "./weights.ts";

/** What `winner` says when nobody takes part. */
export const NOBODY = -1;

const GROUP_BITS = 3;
const GROUP = 1 << GROUP_BITS;
const NO_PART = Number.POSITIVE_INFINITY;
/**
 * Loads and weights below: two of their fractions are either the same or more than 2^-52 of their value
 * apart, so that rounding cannot make them one.
 */
const NARROW = 2 ** 26;

/** Entries with loads and weights, the least loaded of which is always known. */
export class Tournament {
  /** Entries there is room for. */
  readonly #size: number;
  /** Load and weight of each entry, in turn. */
  readonly #parts: Int32Array;
  /** Where each level begins in the arrays below: the entries, the winners of groups, and so on. */
  readonly #levels: readonly number[];
  /** Load per weight, rounded, of the entries and of the winners of groups. */
  readonly #ratios: Float64Array;
  /** Which entry each winner of a group is, at the index of its ratio less `#size`. */
  readonly #winners: Int32Array;
  /** Whether any load or weight reaches `NARROW`. */
  #wide = false;

  /** @param capacity entries, none of which takes part yet */
  constructor(capacity: number) {
    const levels = [0];
    let size = roundedUp(capacity);
    this.#size = size;
    this.#parts = new Int32Array(2 * size);
    let total = size;
    while (size > 1) {
      levels.push(total);
      const groups = size >> GROUP_BITS;
      size = groups === 1 ? 1 : roundedUp(groups);
      total += size;
    }
    this.#levels = levels;
    this.#ratios = new Float64Array(total).fill(NO_PART);
    this.#winners = new Int32Array(total - this.#size);
  }

  /** The entry with the least load per weight, the last of equals, or `NOBODY`. */
  get winner(): number {
    const root = this.#ratios.length - 1;
    return this.#ratios[root] === NO_PART ? NOBODY : this.#entryAt(root);
  }

  /**
   * Returns which of some entries has the least load per weight, as an index of `entries`, the last of
   * equals, or `NOBODY` if none of them takes part.
   *
   * @param entries those below 0 are passed over
   * @param count how many of `entries` there are
   */
  leastOf(entries: Readonly<Int32Array>, count: number): number {
    const ratios = this.#ratios;
    let least = NOBODY;
    let leastRatio = NO_PART;
    for (let index = 0; index < count; index++) {
      const entry = entries[index]!;
      if (entry < 0) continue;
      const ratio = ratios[entry]!;
      if (ratio > leastRatio || ratio === NO_PART) continue;
      if (ratio === leastRatio && this.#wide && this.#isHeavier(entry, entries[least]!)) continue;
      least = index;
      leastRatio = ratio;
    }
    return least;
  }

  /**
   * Gives an entry a load and a weight.
   *
   * @param load a 32-bit integer, signed; unsigned if all weights are 1 or 0
   * @param weight 1–2147483647, or 0 for one that takes no part
   */
  set(entry: number, load: number, weight: number): void {
    if (!this.enter(entry, load, weight)) return;
    const ratios = this.#ratios;
    const winners = this.#winners;
    const levels = this.#levels;
    let child = entry;
    // The winner of what has changed: before, and now.
    let before = entry;
    let now = entry;
    for (let level = 1; level < levels.length; level++) {
      const group = child >> GROUP_BITS;
      const at = levels[level]! + group;
      const winner = winners[at - this.#size]!;
      const ratio = ratios[levels[level - 1]! + child]!;
      if (winner === before) {
        if (ratio >= ratios[at]!) {
          const first = this.#firstOf(levels[level - 1]! + (group << GROUP_BITS));
          now = this.#entryAt(first);
          ratios[at] = ratios[first]!;
        } else {
          ratios[at] = ratio;
        }
      } else if (this.#beats(now, ratio, winner, ratios[at]!)) {
        ratios[at] = ratio;
      } else {
        return;
      }
      winners[at - this.#size] = now;
      before = winner;
      child = group;
    }
  }

  /** As `set`, but looks at no other: `playAll` has to follow. Returns whether anything changed. */
  enter(entry: number, load: number, weight: number): boolean {
    const signed = weight === 0 ? 0 : load | 0;
    const parts = this.#parts;
    if (parts[2 * entry] === signed && parts[2 * entry + 1] === weight) return false;
    parts[2 * entry] = signed;
    parts[2 * entry + 1] = weight;
    this.#ratios[entry] = weight === 0 ? NO_PART : load / weight;
    if (weight >= NARROW || load >= NARROW || load <= -NARROW) this.#wide = true;
    return true;
  }

  /** Finds the winner of every group. */
  playAll(): void {
    const levels = this.#levels;
    for (let level = 1; level < levels.length; level++) {
      const below = levels[level - 1]!;
      const groups = (levels[level]! - below) >> GROUP_BITS;
      for (let group = 0; group < groups; group++) {
        const first = this.#firstOf(below + (group << GROUP_BITS));
        this.#ratios[levels[level]! + group] = this.#ratios[first]!;
        this.#winners[levels[level]! + group - this.#size] = this.#entryAt(first);
      }
    }
  }

  /** Returns the index of the winner of the group that begins at an index. */
  #firstOf(start: number): number {
    const ratios = this.#ratios;
    let first = start;
    let least = ratios[start]!;
    for (let index = start + 1; index < start + GROUP; index++) {
      const ratio = ratios[index]!;
      if (ratio > least) continue;
      if (ratio === least && this.#wide) {
        if (this.#isHeavier(this.#entryAt(index), this.#entryAt(first))) continue;
      }
      first = index;
      least = ratio;
    }
    return first;
  }

  /** Whether an entry goes before another, their ratios given. */
  #beats(entry: number, ratio: number, other: number, otherRatio: number): boolean {
    if (ratio !== otherRatio) return ratio < otherRatio;
    if (!this.#wide) return entry > other;
    if (this.#isHeavier(entry, other)) return false;
    return entry > other || this.#isHeavier(other, entry);
  }

  #isHeavier(entry: number, other: number): boolean {
    const parts = this.#parts;
    return isHeavier(
      parts[2 * entry]!,
      parts[2 * entry + 1]!,
      parts[2 * other]!,
      parts[2 * other + 1]!,
    );
  }

  /** Returns the entry whose ratio is at an index. */
  #entryAt(index: number): number {
    return index < this.#size ? index : this.#winners[index - this.#size]!;
  }
}

function roundedUp(size: number): number {
  return Math.ceil(size / GROUP) * GROUP;
}
