/**
 * A set of address prefixes that is asked for every packet.
 *
 * One sorted array of words for each prefix length there is, so a question costs a binary search for
 * each of the few lengths a host's own addresses have, and memory is the prefixes themselves.
 *
 * @module
 */
import type { AddressWords, Family } from "../src/net/address.ts";
import { maskOf } from "../src/net/prefix.ts";
import type { Prefix } from "../src/wire/rtnetlink.ts";

/** Words of an address in the arrays. */
const WORDS = 4;

/** All prefixes of one length. */
interface Level {
  /** The bits of each word that are compared. */
  readonly mask: AddressWords;
  /** Masked addresses in ascending order, `WORDS` words each. */
  readonly sorted: Uint32Array;
}

/** A set of prefixes of one family that never changes. */
export class PrefixSet {
  readonly #levels: readonly Level[];

  /** @param prefixes of `family`; others are passed over */
  constructor(family: Family, prefixes: Iterable<Prefix>) {
    const byLength = new Map<number, Uint32Array[]>();
    for (const { address, length } of prefixes) {
      if (address.family !== family) continue;
      const mask = maskOf(length);
      const masked = address.words.map((word, index) => word & mask[index]!);
      const level = byLength.get(length);
      if (level) level.push(masked);
      else byLength.set(length, [masked]);
    }
    // The longest first: most questions with the answer "yes" are about a single address.
    const lengths = [...byLength.keys()].sort((a, b) => b - a);
    this.#levels = lengths.map((length) => levelOf(length, byLength.get(length) ?? []));
  }

  /** Whether a prefix of the set contains the address. */
  contains(words: Readonly<AddressWords>): boolean {
    for (const level of this.#levels) if (isIn(level, words)) return true;
    return false;
  }
}

function levelOf(length: number, masked: Uint32Array[]): Level {
  masked.sort((a, b) => compare(a, 0, b[0]!, b[1]!, b[2]!, b[3]!));
  const sorted = new Uint32Array(masked.length * WORDS);
  for (const [index, words] of masked.entries()) sorted.set(words, index * WORDS);
  return { mask: maskOf(length), sorted };
}

function isIn({ mask, sorted }: Level, words: Readonly<AddressWords>): boolean {
  const a = (words[0]! & mask[0]!) >>> 0;
  const b = (words[1]! & mask[1]!) >>> 0;
  const c = (words[2]! & mask[2]!) >>> 0;
  const d = (words[3]! & mask[3]!) >>> 0;
  let low = 0;
  let high = sorted.length / WORDS - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const order = compare(sorted, middle * WORDS, a, b, c, d);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

/** Returns a number below, equal to or above 0 as the words at `at` come before, are, or come after. */
function compare(
  sorted: Uint32Array,
  at: number,
  a: number,
  b: number,
  c: number,
  d: number,
): number {
  return sorted[at]! - a || sorted[at + 1]! - b || sorted[at + 2]! - c || sorted[at + 3]! - d;
}
