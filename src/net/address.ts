/**
 * Internet addresses of both families in one shape: four 32-bit words.
 *
 * Word 0 holds the first four bytes as they stand in a packet, read as one number (first byte most
 * significant). An IPv4 address is word 0, the other words are 0. So the tables of the engine have
 * one layout for both families, and a comparison is at most four compares of integers.
 *
 * @module
 */
import ipaddr from "ipaddr.js";

/** Internet protocol version. */
export type Family = 4 | 6;

/** Four words in network order, IPv4 in word 0. */
export type AddressWords = Uint32Array;

/** An address with its family. Never changed once made. */
export interface Address {
  readonly family: Family;
  readonly words: Readonly<AddressWords>;
}

/** The all-zero address of each family. */
export const UNSPECIFIED: Readonly<Record<Family, Address>> = {
  4: { family: 4, words: new Uint32Array(4) },
  6: { family: 6, words: new Uint32Array(4) },
};

/**
 * Returns the address a text stands for: dotted quad, or any RFC 4291 §2.2 form without a zone.
 *
 * @throws SyntaxError when `text` is neither
 */
export function parseAddress(text: string): Address {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return addressFromBytes(Uint8Array.from(ipaddr.IPv4.parse(text).toByteArray()));
  }
  const groups = hexadecimal(text);
  if (groups.includes(":") && !groups.includes("%") && ipaddr.IPv6.isValid(groups)) {
    return addressFromBytes(Uint8Array.from(ipaddr.IPv6.parse(groups).toByteArray()));
  }
  throw new SyntaxError(`Cannot parse address "${text}": must be an IPv4 or IPv6 address`);
}

/**
 * Returns the address in `bytes`, 4 (IPv4) or 16 (IPv6) of them in network order.
 *
 * @throws RangeError for any other length
 */
export function addressFromBytes(bytes: Uint8Array): Address {
  if (bytes.length !== 4 && bytes.length !== 16) {
    throw new RangeError(`Cannot read an address of ${bytes.length} bytes: must be 4 or 16`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = new Uint32Array(4);
  for (let index = 0; index < bytes.length / 4; index++) words[index] = view.getUint32(index * 4);
  return { family: bytes.length === 4 ? 4 : 6, words };
}

/** Returns the address as it stands in a packet: 4 or 16 bytes in network order. */
export function addressBytes(address: Address): Uint8Array {
  const bytes = new Uint8Array(address.family === 4 ? 4 : 16);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += 4) view.setUint32(at, address.words[at / 4]!);
  return bytes;
}

/** Returns the IPv4 address of one 32-bit number, first octet most significant. */
export function ipv4Address(value: number): Address {
  return { family: 4, words: Uint32Array.of(value, 0, 0, 0) };
}

/** Returns an address of its own with the value `words` have now. */
export function copyAddress(family: Family, words: Readonly<AddressWords>): Address {
  return { family, words: Uint32Array.from(words) };
}

/** Makes `into` the same as `words`; on the packet path, where `Uint32Array.set` costs a call. */
export function copyWords(words: Readonly<AddressWords>, into: AddressWords): void {
  into[0] = words[0]!;
  into[1] = words[1]!;
  into[2] = words[2]!;
  into[3] = words[3]!;
}

/** Whether two sets of words are the same. */
export function sameWords(a: Readonly<AddressWords>, b: Readonly<AddressWords>): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
}

/** Whether two addresses are the same, family included. */
export function sameAddress(a: Address, b: Address): boolean {
  return a.family === b.family && sameWords(a.words, b.words);
}

/** Whether an address never leaves its host: 127.0.0.0/8 (RFC 1122 §3.2.1.3) or ::1 (RFC 4291 §2.5.3). */
export function isLoopback(family: Family, words: Readonly<AddressWords>): boolean {
  if (family === 4) return words[0]! >>> 24 === 127;
  return (words[0]! | words[1]! | words[2]!) === 0 && words[3] === 1;
}

/** Whether an address is one of a group: of 224.0.0.0/4 or ff00::/8. */
export function isMulticast({ family, words }: Address): boolean {
  const first = words[0]! >>> 24;
  return family === 4 ? first >>> 4 === 0xe : first === 0xff;
}

/**
 * Returns the XOR of the four words, 0–4294967295: the address itself for IPv4.
 *
 * It is what the hashing schedulers hash (Linux ip_vs_sh.c and its kin).
 */
export function fold(words: Readonly<AddressWords>): number {
  return (words[0]! ^ words[1]! ^ words[2]! ^ words[3]!) >>> 0;
}

/**
 * Returns the text of an address as the C library's inet_ntop(3) writes it.
 *
 * IPv6 is compressed as RFC 5952 asks, but mapped and compatible addresses keep a dotted tail
 * (`::ffff:192.0.2.1`, `::192.0.2.1`), which RFC 5952 §5 leaves open.
 */
export function formatAddress(address: Address): string {
  const { words } = address;
  if (address.family === 4) return dottedQuad(words[0]!);
  const groups: number[] = [];
  for (const word of words) groups.push(word >>> 16, word & 0xffff);
  const [from, length] = longestZeroRun(groups);
  const tail = dottedTail(from, length, groups);
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  const shown = tail === undefined ? groups : groups.slice(0, 6);
  const text =
    length < 2
      ? hex(shown)
      : `${hex(shown.slice(0, from))}::${hex(shown.slice(Math.min(from + length, shown.length)))}`;
  if (tail === undefined) return text;
  return text.endsWith(":") ? text + tail : `${text}:${tail}`;
}

/**
 * Returns the text of an IPv6 address with its dotted tail, if any, as two groups: the library takes
 * `::192.0.2.1` for `::ffff:192.0.2.1`, and a dot it meets is none of ours.
 */
function hexadecimal(text: string): string {
  const [, head, tail] = /^(.*:)([^:]*\.[^:]*)$/.exec(text) ?? [];
  if (head === undefined || tail === undefined) return text;
  if (!ipaddr.IPv4.isValidFourPartDecimal(tail)) return "";
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(tail).toByteArray();
  return `${head}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function dottedQuad(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** Returns start and length of the first longest run of zero groups. */
function longestZeroRun(groups: readonly number[]): readonly [from: number, length: number] {
  let best: readonly [number, number] = [-1, 0];
  for (let from = 0; from < groups.length; from++) {
    let to = from;
    while (to < groups.length && groups[to] === 0) to++;
    if (to - from > best[1]) best = [from, to - from];
    from = Math.max(from, to - 1);
  }
  return best;
}

/** Returns the last 32 bits in dotted form where inet_ntop(3) writes them so. */
function dottedTail(from: number, length: number, groups: readonly number[]): string | undefined {
  const compatible = from === 0 && length === 6;
  const mapped = from === 0 && length === 5 && groups[5] === 0xffff;
  if (!compatible && !mapped) return undefined;
  return dottedQuad(((groups[6]! << 16) | groups[7]!) >>> 0);
}
