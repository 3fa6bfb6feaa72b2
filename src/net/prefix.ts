/**
 * Prefixes: all addresses that begin with the same bits.
 *
 * @module
 */
import type { Address, AddressWords, Family } from "./address.ts";
import { formatAddress, parseAddress } from "./address.ts";

/** An address and how many of its first bits count: 0–32 for IPv4, 0–128 for IPv6. */
export interface Prefix {
  readonly address: Address;
  readonly prefixLength: number;
}

/** Bits of an address of each family. */
export const ADDRESS_BITS: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

/** Returns the mask of a prefix length, counted from the first bit of word 0. */
export function maskOf(prefixLength: number): AddressWords {
  return Uint32Array.from({ length: 4 }, (_, word) => {
    const bits = Math.min(32, Math.max(0, prefixLength - 32 * word));
    return bits === 0 ? 0 : 0xffffffff << (32 - bits);
  });
}

/** Whether two addresses agree in their first `prefixLength` bits. */
export function sharesPrefix(
  a: Readonly<AddressWords>,
  b: Readonly<AddressWords>,
  prefixLength: number,
): boolean {
  return commonBits(a, b) >= prefixLength;
}

/** Returns how many of their first bits two addresses have in common, 0–128. */
export function commonBits(a: Readonly<AddressWords>, b: Readonly<AddressWords>): number {
  for (let word = 0; word < 4; word++) {
    const difference = (a[word]! ^ b[word]!) >>> 0;
    if (difference !== 0) return 32 * word + Math.clz32(difference);
  }
  return 128;
}

/** Returns the words of an address with the bits behind the prefix cleared. */
export function networkWords({ address, prefixLength }: Prefix): AddressWords {
  const mask = maskOf(prefixLength);
  return address.words.map((word, index) => word & mask[index]!) as AddressWords;
}

/**
 * Returns the prefix a text stands for: an address, alone or followed by a slash and a length.
 *
 * @throws SyntaxError when `text` is neither
 */
export function parsePrefix(text: string): Prefix {
  const [, host = text, digits] = /^(.*)\/(\d{1,3})$/.exec(text) ?? [];
  const address = parseAddress(host);
  const bits = ADDRESS_BITS[address.family];
  const prefixLength = digits === undefined ? bits : Number(digits);
  if (prefixLength > bits) {
    throw new SyntaxError(`Cannot parse prefix "${text}": the length must be 0–${bits}`);
  }
  return { address, prefixLength };
}

/** Returns the text of a prefix, always with its length. */
export function formatPrefix({ address, prefixLength }: Prefix): string {
  return `${formatAddress(address)}/${prefixLength}`;
}
