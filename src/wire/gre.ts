/**
 * Generic Routing Encapsulation header (RFC 2784, RFC 2890), read and written in place.
 *
 *      0                15 16            31
 *     +-+-+-+-+---...----+----------------+
 *     |C| |K|S|  0   | ver| protocol type |
 *     +-+-+-+-+----------+----------------+
 *     | checksum (if C)  | reserved (0)   |
 *     +------------------+----------------+
 *     | key (if K)                        |
 *     +-----------------------------------+
 *     | sequence number (if S)            |
 *     +-----------------------------------+
 *
 * `at` is the header's first byte in `view`. Accessors are safe once `isWhole` has said `true`.
 *
 * @module
 */
import * as checksums from "./checksum.ts";

const FLAGS = 0;
const PROTOCOL = 2;
const CHECKSUM = 4;
const RESERVED = 6;
/** Length of each optional part, in bytes. */
const OPTION_LENGTH = 4;

/** The checksum bit of `flags`. */
export const CHECKSUM_PRESENT = 0x8000;
/** The key bit of `flags`. */
export const KEY_PRESENT = 0x2000;
/** The sequence number bit of `flags`. */
export const SEQUENCE_PRESENT = 0x1000;
/** Length of a header with no options, in bytes. */
export const HEADER_LENGTH = 4;
/** Length of a header with a checksum, in bytes. */
export const HEADER_LENGTH_CHECKSUM = 8;

/** Protocol types, as on Ethernet. */
export const PROTOCOL_IPV4 = 0x0800;
export const PROTOCOL_IPV6 = 0x86dd;

/** Whether bytes `[at, end)` hold a whole header without options. */
export function isWhole(at: number, end: number): boolean {
  return end - at >= HEADER_LENGTH;
}

/** Flags and version. */
export function flags(view: DataView, at: number): number {
  return view.getUint16(at + FLAGS);
}

/** Length of the header with the options its flags announce, in bytes: 4–16. */
export function headerLength(view: DataView, at: number): number {
  const present = flags(view, at);
  let length = HEADER_LENGTH;
  if ((present & CHECKSUM_PRESENT) !== 0) length += OPTION_LENGTH;
  if ((present & KEY_PRESENT) !== 0) length += OPTION_LENGTH;
  if ((present & SEQUENCE_PRESENT) !== 0) length += OPTION_LENGTH;
  return length;
}

/** Protocol type of the payload. */
export function protocol(view: DataView, at: number): number {
  return view.getUint16(at + PROTOCOL);
}

/** Writes a header without options. */
export function write(view: DataView, at: number, protocol: number): void {
  view.setUint16(at + FLAGS, 0);
  view.setUint16(at + PROTOCOL, protocol);
}

/** Writes a header with the checksum of itself and the payload up to `end`. */
export function writeWithChecksum(view: DataView, at: number, protocol: number, end: number): void {
  view.setUint16(at + FLAGS, CHECKSUM_PRESENT);
  view.setUint16(at + PROTOCOL, protocol);
  view.setUint16(at + CHECKSUM, 0);
  view.setUint16(at + RESERVED, 0);
  view.setUint16(at + CHECKSUM, checksums.compute(view, at, end));
}
