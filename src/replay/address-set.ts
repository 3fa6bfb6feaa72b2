/**
 * A set of addresses that is asked for every packet.
 *
 * @module
 */
import type { Address, AddressWords, Family } from "../net/address.ts";

/** Addresses of both families; a question costs the same however many there are. */
export class AddressSet {
  readonly #v4 = new Set<number>();
  /** By first word, then by the other three. */
  readonly #v6 = new Map<number, Set<string>>();

  add({ family, words }: Address): void {
    if (family === 4) {
      this.#v4.add(words[0]!);
      return;
    }
    const rest = this.#v6.get(words[0]!) ?? new Set();
    this.#v6.set(words[0]!, rest.add(restOf(words)));
  }

  has(family: Family, words: Readonly<AddressWords>): boolean {
    if (family === 4) return this.#v4.has(words[0]!);
    return this.#v6.get(words[0]!)?.has(restOf(words)) ?? false;
  }
}

function restOf(words: Readonly<AddressWords>): string {
  return `${words[1]}.${words[2]}.${words[3]}`;
}
