/**
 * Internet Protocol version 4 header (RFC 791), read and written in place.
 *
 *      0        7 8      15 16               31
 *     +----+----+----------+-----+------------+
 *     |ver |ihl |   TOS    |   total length   |
 *     +----+----+----------+-----+------------+
 *     |   identification   |flags| frag offset|
 *     +---------+----------+-----+------------+
 *     |   TTL   | protocol |  header checksum |
 *     +---------+----------+------------------+
 *     |             source address            |
 *     +---------------------------------------+
 *     |           destination address         |
 *     +---------------------------------------+
 *
 * `at` is the header's first byte in `view`. Accessors are safe once `isWhole` has said `true`.
 *
 * @module
 */
import * as checksum from "./checksum.ts";

const VERSION_IHL = 0;
const TOS = 1;
const TOTAL_LENGTH = 2;
const ID = 4;
const FRAGMENT = 6;
const TTL = 8;
const PROTOCOL = 9;
const CHECKSUM = 10;
const SRC = 12;
const DST = 16;

/** Options of type 0 and 1 have no length byte. */
const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
const LOOSE_SOURCE_ROUTE = 131;
const STRICT_SOURCE_ROUTE = 137;

/** Length of a header without options, in bytes. */
export const HEADER_LENGTH = 20;
/** The don't-fragment bit of `fragment()`. */
export const DONT_FRAGMENT = 0x4000;
/** The more-fragments bit of `fragment()`. */
export const MORE_FRAGMENTS = 0x2000;
/** The offset bits of `fragment()`, in units of 8 bytes. */
export const OFFSET_MASK = 0x1fff;

/** Whether bytes `[at, end)` hold a whole header and the packet length it claims. */
export function isWhole(view: DataView, at: number, end: number): boolean {
  const room = end - at;
  if (room < HEADER_LENGTH || version(view, at) !== 4) return false;
  const header = headerLength(view, at);
  const total = totalLength(view, at);
  return header >= HEADER_LENGTH && header <= total && total <= room;
}

/** IP version, 0–15. */
export function version(view: DataView, at: number): number {
  return view.getUint8(at + VERSION_IHL) >>> 4;
}

/** Length of the header with its options, in bytes: 0–60. */
export function headerLength(view: DataView, at: number): number {
  return (view.getUint8(at + VERSION_IHL) & 0xf) * 4;
}

/** Sets version 4 and the header length, a multiple of 4 in 20–60. */
export function setHeaderLength(view: DataView, at: number, length: number): void {
  view.setUint8(at + VERSION_IHL, 0x40 | (length / 4));
}

/** Type of service: DSCP in the upper six bits, ECN in the lower two. */
export function tos(view: DataView, at: number): number {
  return view.getUint8(at + TOS);
}

/** Sets the type of service, 0–255. Leaves the checksum. */
export function setTos(view: DataView, at: number, value: number): void {
  view.setUint8(at + TOS, value);
}

/** Length of header and payload, in bytes. */
export function totalLength(view: DataView, at: number): number {
  return view.getUint16(at + TOTAL_LENGTH);
}

/** Sets the total length, 20–65535. Leaves the checksum. */
export function setTotalLength(view: DataView, at: number, length: number): void {
  view.setUint16(at + TOTAL_LENGTH, length);
}

/** Identification, 0–65535. */
export function id(view: DataView, at: number): number {
  return view.getUint16(at + ID);
}

/** Sets the identification. Leaves the checksum. */
export function setId(view: DataView, at: number, value: number): void {
  view.setUint16(at + ID, value);
}

/** Flags and fragment offset as they stand: see `DONT_FRAGMENT`, `MORE_FRAGMENTS`, `OFFSET_MASK`. */
export function fragment(view: DataView, at: number): number {
  return view.getUint16(at + FRAGMENT);
}

/** Sets flags and fragment offset. Leaves the checksum. */
export function setFragment(view: DataView, at: number, value: number): void {
  view.setUint16(at + FRAGMENT, value);
}

/** Whether the packet is a piece of a larger one, the first piece included. */
export function isFragment(view: DataView, at: number): boolean {
  return (fragment(view, at) & (MORE_FRAGMENTS | OFFSET_MASK)) !== 0;
}

/** Whether routers may not cut the packet. */
export function dontFragment(view: DataView, at: number): boolean {
  return (fragment(view, at) & DONT_FRAGMENT) !== 0;
}

/** Time to live, 0–255. */
export function ttl(view: DataView, at: number): number {
  return view.getUint8(at + TTL);
}

/** Sets the time to live. Leaves the checksum. */
export function setTtl(view: DataView, at: number, value: number): void {
  view.setUint8(at + TTL, value);
}

/** Changes the time to live by `difference` and the header checksum with it. */
export function adjustTtl(view: DataView, at: number, difference: number): void {
  const words = view.getInt32(at + TTL);
  const before = words >>> 16;
  const after = (before + difference * 256) & 0xffff;
  const value = checksum.replace16(words & 0xffff, before, after);
  view.setInt32(at + TTL, (after << 16) | value);
}

/** Protocol number of the payload. */
export function protocol(view: DataView, at: number): number {
  return view.getUint8(at + PROTOCOL);
}

/** Sets the protocol number. Leaves the checksum. */
export function setProtocol(view: DataView, at: number, value: number): void {
  view.setUint8(at + PROTOCOL, value);
}

/** Header checksum. */
export function headerChecksum(view: DataView, at: number): number {
  return view.getUint16(at + CHECKSUM);
}

/** Sets the header checksum. */
export function setHeaderChecksum(view: DataView, at: number, value: number): void {
  view.setUint16(at + CHECKSUM, value);
}

/** Computes the header checksum anew and sets it. */
export function updateHeaderChecksum(view: DataView, at: number): void {
  setHeaderChecksum(view, at, 0);
  setHeaderChecksum(view, at, checksum.compute(view, at, at + headerLength(view, at)));
}

/** Whether the header checksum is right. */
export function checksumIsRight(view: DataView, at: number): boolean {
  return checksum.compute(view, at, at + headerLength(view, at)) === 0;
}

/** Source address, as one number. */
export function src(view: DataView, at: number): number {
  return view.getUint32(at + SRC);
}

/** Sets the source address. Leaves every checksum. */
export function setSrc(view: DataView, at: number, address: number): void {
  view.setUint32(at + SRC, address);
}

/**
 * Sets the source address and changes the header checksum, which must be right, with it.
 *
 * @param difference what the address makes to a sum (`checksum.difference32`)
 */
export function replaceSrc(view: DataView, at: number, address: number, difference: number): void {
  view.setInt32(at + SRC, address);
  view.setUint16(at + CHECKSUM, checksum.adjust(view.getUint16(at + CHECKSUM), difference));
}

/** Destination address, as one number. */
export function dst(view: DataView, at: number): number {
  return view.getUint32(at + DST);
}

/** Sets the destination address. Leaves every checksum. */
export function setDst(view: DataView, at: number, address: number): void {
  view.setUint32(at + DST, address);
}

/**
 * Sets the destination address and changes the header checksum, which must be right, with it.
 *
 * @param difference what the address makes to a sum (`checksum.difference32`)
 */
export function replaceDst(view: DataView, at: number, address: number, difference: number): void {
  view.setInt32(at + DST, address);
  view.setUint16(at + CHECKSUM, checksum.adjust(view.getUint16(at + CHECKSUM), difference));
}

/** Whether the options say which way the packet is to go. Source: RFC 791 §3.1. */
export function isSourceRouted(view: DataView, at: number): boolean {
  const end = at + headerLength(view, at);
  for (let option = at + HEADER_LENGTH; option < end; ) {
    const type = view.getUint8(option);
    if (type === END_OF_OPTIONS) return false;
    if (type === LOOSE_SOURCE_ROUTE || type === STRICT_SOURCE_ROUTE) return true;
    if (type === NO_OPERATION) option++;
    else if (option + 1 < end) option += Math.max(2, view.getUint8(option + 1));
    else return false;
  }
  return false;
}
