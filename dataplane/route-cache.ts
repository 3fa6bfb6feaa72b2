/**
 * Answers about routes, kept until something about them may have changed.
 *
 * An open-addressing table in typed arrays: at most `CAPACITY` addresses, real servers and the clients
 * whose replies pass, found by four compares of integers. When it is full it is emptied; the addresses in
 * use are back after one question each.
 *
 * @module
 */
import { hash32 } from "../src/base/hash.ts";
import type { Route } from "../src/engine/host.ts";
import { type AddressWords, type Family, fold } from "../src/net/address.ts";

/** Slots are twice the addresses kept, so that chains stay short. */
const SLOT_BITS = 15;
const SLOTS = 1 << SLOT_BITS;
/** Addresses kept. */
const CAPACITY = SLOTS / 2;
const WORDS = 4;

/** Bounded map from address to route, or to the answer that there is none. */
export class RouteCache<Way extends Route = Route> {
  /** Family of the address in each slot, 0 for a free slot. */
  readonly #families = new Uint8Array(SLOTS);
  readonly #words = new Uint32Array(SLOTS * WORDS);
  readonly #routes: (Way | undefined)[] = new Array(SLOTS).fill(undefined);
  #size = 0;

  /** Forgets everything. */
  clear(): void {
    if (this.#size === 0) return;
    this.#families.fill(0);
    this.#routes.fill(undefined);
    this.#size = 0;
  }

  /** Returns the slot of an address, to read it with `at`, or -1 when it is not there. */
  find(family: Family, words: Readonly<AddressWords>): number {
    const slot = this.#slotOf(family, words);
    return this.#families[slot] === 0 ? -1 : slot;
  }

  /** The route in a slot; `undefined` when the address has none. */
  at(slot: number): Way | undefined {
    return this.#routes[slot];
  }

  /** Remembers the answer for an address. */
  set(family: Family, words: Readonly<AddressWords>, route: Way | undefined): void {
    if (this.#size === CAPACITY) this.clear();
    const slot = this.#slotOf(family, words);
    if (this.#families[slot] === 0) this.#size++;
    this.#families[slot] = family;
    this.#words.set(words, slot * WORDS);
    this.#routes[slot] = route;
  }

  /** Returns the slot that holds an address or is the first free one for it. */
  #slotOf(family: Family, words: Readonly<AddressWords>): number {
    let slot = hash32(fold(words), SLOT_BITS);
    while (this.#families[slot] !== 0 && !this.#holds(slot, family, words)) {
      slot = (slot + 1) % SLOTS;
    }
    return slot;
  }

  #holds(slot: number, family: Family, words: Readonly<AddressWords>): boolean {
    const at = slot * WORDS;
    return (
      this.#families[slot] === family &&
      this.#words[at] === words[0] &&
      this.#words[at + 1] === words[1] &&
      this.#words[at + 2] === words[2] &&
      this.#words[at + 3] === words[3]
    );
  }
}
