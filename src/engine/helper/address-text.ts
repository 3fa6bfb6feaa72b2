/**
 * Addresses as peers write them in commands, read in place.
 *
 * Leading zeros mean nothing, and octets are decimal whatever they begin with.
 *
 * Source: RFC 4291 §2.2; linux net/core/utils.c `in4_pton`, `in6_pton` for what is taken.
 *
 * @module
 */
import type { AddressWords, Family } from "../../net/address.ts";

const DOT = 0x2e;
const COLON = 0x3a;
const OCTETS = 4;
/** Groups of 16 bits in an IPv6 address. */
const GROUPS = 8;

/**
 * Whether bytes `[at, end)` are an address of this family and nothing else; if so, reads it. If not, what
 * is left in `into` means nothing.
 */
export function readAddressText(
  bytes: Uint8Array,
  at: number,
  end: number,
  family: Family,
  into: AddressWords,
): boolean {
  return family === 4 ? readAddress4(bytes, at, end, into) : readAddress6(bytes, at, end, into);
}

function readAddress4(bytes: Uint8Array, at: number, end: number, into: AddressWords): boolean {
  const value = dottedQuad(bytes, at, end);
  if (value < 0) return false;
  into.fill(0);
  into[0] = value;
  return true;
}

/** Returns the number four octets make, or -1. */
function dottedQuad(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  let octet = -1;
  let count = 0;
  for (let position = at; position <= end; position++) {
    const byte = position < end ? bytes[position]! : DOT;
    if (byte === DOT) {
      if (octet < 0) return -1;
      value = value * 256 + octet;
      octet = -1;
      count++;
    } else {
      const digit = digitOf(byte);
      if (digit > 9) return -1;
      octet = Math.max(octet, 0) * 10 + digit;
      if (octet > 255) return -1;
    }
  }
  return count === OCTETS ? value : -1;
}

function readAddress6(bytes: Uint8Array, at: number, end: number, into: AddressWords): boolean {
  into.fill(0);
  let count = 0;
  /** Groups before `::`, or -1. */
  let gap = -1;
  let position = at;
  if (bytes[at] === COLON && at + 1 < end) {
    // Only `::` may stand in front.
    if (bytes[at + 1] !== COLON) return false;
    gap = 0;
    position = at + 2;
  }
  let open = gap < 0;
  while (position < end) {
    const start = position;
    let group = 0;
    while (position < end && digitOf(bytes[position]!) < 16) {
      group = group * 16 + digitOf(bytes[position]!);
      if (group > 0xffff) return false;
      position++;
    }
    if (bytes[position] === DOT && position < end) {
      if (count > GROUPS - 2) return false;
      const value = dottedQuad(bytes, start, end);
      if (value < 0) return false;
      setGroup(into, count++, value >>> 16);
      setGroup(into, count++, value & 0xffff);
      open = false;
      break;
    }
    if (position === start || count === GROUPS) return false;
    setGroup(into, count++, group);
    open = false;
    if (position === end) break;
    if (bytes[position] !== COLON) return false;
    position++;
    open = true;
    if (position < end && bytes[position] === COLON) {
      if (gap >= 0) return false;
      gap = count;
      position++;
      open = false;
    }
  }
  // `::` leaves out one group or more.
  if (open || gap < 0 !== (count === GROUPS)) return false;
  if (gap >= 0) spread(into, gap, count);
  return true;
}

/** Moves groups `[gap, count)` to the end of the address, and leaves zeros in their place. */
function spread(into: AddressWords, gap: number, count: number): void {
  const zeros = GROUPS - count;
  for (let index = count - 1; index >= gap; index--) {
    setGroup(into, index + zeros, groupOf(into, index));
    setGroup(into, index, 0);
  }
}

function groupOf(words: AddressWords, index: number): number {
  const word = words[index >>> 1]!;
  return index % 2 === 0 ? word >>> 16 : word & 0xffff;
}

function setGroup(words: AddressWords, index: number, value: number): void {
  const word = words[index >>> 1]!;
  words[index >>> 1] = index % 2 === 0 ? (word & 0xffff) | (value << 16) : (word & ~0xffff) | value;
}

/** Returns the value of a hexadecimal digit, or 16. */
function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : 16;
}
