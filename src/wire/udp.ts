/**
 * User Datagram Protocol header (RFC 768), read and written in place.
 *
 *      0      7 8     15 16    23 24    31
 *     +--------+--------+--------+--------+
 *     |   source port   |destination port |
 *     +--------+--------+--------+--------+
 *     |     length      |    checksum     |
 *     +--------+--------+--------+--------+
 *
 * `at` is the header's first byte in `view`. Accessors are safe once `isWhole` has said `true`.
 *
 * @module
 */
const SRC_PORT = 0;
const DST_PORT = 2;
const LENGTH = 4;
const CHECKSUM = 6;

/** Length of the header, in bytes. */
export const HEADER_LENGTH = 8;

/** Whether bytes `[at, end)` hold a whole header. */
export function isWhole(at: number, end: number): boolean {
  return end - at >= HEADER_LENGTH;
}

/** Source port. */
export function srcPort(view: DataView, at: number): number {
  return view.getUint16(at + SRC_PORT);
}

/** Sets the source port. Leaves the checksum. */
export function setSrcPort(view: DataView, at: number, port: number): void {
  view.setUint16(at + SRC_PORT, port);
}

/** Destination port. */
export function dstPort(view: DataView, at: number): number {
  return view.getUint16(at + DST_PORT);
}

/** Sets the destination port. Leaves the checksum. */
export function setDstPort(view: DataView, at: number, port: number): void {
  view.setUint16(at + DST_PORT, port);
}

/** Length of header and payload together, in bytes. */
export function length(view: DataView, at: number): number {
  return view.getUint16(at + LENGTH);
}

/** Sets the length, 8–65535. Leaves the checksum. */
export function setLength(view: DataView, at: number, value: number): void {
  view.setUint16(at + LENGTH, value);
}

/** Checksum; 0 means the sender computed none. */
export function checksum(view: DataView, at: number): number {
  return view.getUint16(at + CHECKSUM);
}

/** Sets the checksum. */
export function setChecksum(view: DataView, at: number, value: number): void {
  view.setUint16(at + CHECKSUM, value);
}
