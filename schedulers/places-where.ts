/**
 * The places of a service's destinations for which something holds, such as being usable.
 *
 * A bit for each place, 32 of them in a word, and over them a bit for each word that is not 0, and so
 * on up to one word. So the next place is found by a look at two words a level, and there are three
 * levels for up to 32768 places.
 *
 * @module
 */
import { type DestinationList, NO_PLACE } from "../src/engine/destination-list.ts";
import type { SchedulableDestination } from "../src/engine/scheduler.ts";
import { ListFollower } from "./list-follower.ts";

const WORD_BITS = 5;

/** Follows a property of the destinations of a list. */
export class PlacesWhere<D extends SchedulableDestination> extends ListFollower<D> {
  readonly #holds: (destination: SchedulableDestination) => boolean;
  /** The bits of places first, one word last. */
  #levels: readonly Int32Array[] = levelsFor(1);

  constructor(list: DestinationList<D>, holds: (destination: SchedulableDestination) => boolean) {
    super(list);
    this.#holds = holds;
  }

  /** Whether it holds for nobody. */
  get isEmpty(): boolean {
    this.catchUp();
    return this.#levels.at(-1)![0] === 0;
  }

  /** Returns the highest place below `limit` for which it holds, or `NO_PLACE`. */
  below(limit: number): number {
    this.catchUp();
    const levels = this.#levels;
    let at = limit;
    for (let level = 0; level < levels.length; level++) {
      const word = levels[level]![at >>> WORD_BITS] ?? 0;
      const rest = word & ((1 << (at & 31)) - 1);
      if (rest !== 0) return this.#highestUnder(level, at >>> WORD_BITS, rest);
      at >>>= WORD_BITS;
    }
    return NO_PLACE;
  }

  /** Returns the highest place under the highest bit of `word`, which is at `index` of a level. */
  #highestUnder(level: number, index: number, word: number): number {
    let at = (index << WORD_BITS) | highestBit(word);
    for (let below = level - 1; below >= 0; below--) {
      at = (at << WORD_BITS) | highestBit(this.#levels[below]![at]!);
    }
    return at;
  }

  protected override lookAtAll(): void {
    this.#levels = levelsFor(this.list.capacity);
    for (const destination of this.list) this.look(destination.place, destination);
  }

  protected override look(place: number, destination: D | undefined): void {
    const holds = destination !== undefined && this.#holds(destination);
    let at = place;
    for (const words of this.#levels) {
      const index = at >>> WORD_BITS;
      const bit = 1 << (at & 31);
      const before = words[index]!;
      // A word over others has a bit while any of them has.
      const after = holds ? before | bit : before & ~bit;
      if (after === before) return;
      words[index] = after;
      if (!holds && after !== 0) return;
      at = index;
    }
  }
}

/** Returns words without a bit, for places 0–`places` and those over them. */
function levelsFor(places: number): readonly Int32Array[] {
  const levels: Int32Array[] = [];
  let bits = places + 1;
  do {
    bits = Math.ceil(bits / 32);
    levels.push(new Int32Array(bits));
  } while (bits > 1);
  return levels;
}

function highestBit(word: number): number {
  return 31 - Math.clz32(word);
}
