/**
 * Transmission Control Protocol header (RFC 9293 §3.1), read and written in place.
 *
 *      0                15 16               31
 *     +-------------------+-------------------+
 *     |    source port    | destination port  |
 *     +-------------------+-------------------+
 *     |            sequence number            |
 *     +---------------------------------------+
 *     |         acknowledgment number         |
 *     +----+----+---------+-------------------+
 *     |offs|resv|  flags  |      window       |
 *     +----+----+---------+-------------------+
 *     |     checksum      |  urgent pointer   |
 *     +-------------------+-------------------+
 *
 * `at` is the header's first byte in `view`. Accessors are safe once `isWhole` has said `true`.
 *
 * @module
 */
const SRC_PORT = 0;
const DST_PORT = 2;
const SEQUENCE = 4;
const ACKNOWLEDGMENT = 8;
const OFFSET = 12;
const FLAGS = 13;
const WINDOW = 14;
const CHECKSUM = 16;

/** Length of a header without options, in bytes. */
export const HEADER_LENGTH = 20;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;
export const ECE = 0x40;
export const CWR = 0x80;

/** Whether bytes `[at, end)` hold the 20 bytes every header has. */
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

/** Sequence number, 0–4294967295. */
export function sequence(view: DataView, at: number): number {
  return view.getUint32(at + SEQUENCE);
}

/** Sets the sequence number. Leaves the checksum. */
export function setSequence(view: DataView, at: number, value: number): void {
  view.setUint32(at + SEQUENCE, value);
}

/** Acknowledgment number, 0–4294967295. */
export function acknowledgment(view: DataView, at: number): number {
  return view.getUint32(at + ACKNOWLEDGMENT);
}

/** Sets the acknowledgment number. Leaves the checksum. */
export function setAcknowledgment(view: DataView, at: number, value: number): void {
  view.setUint32(at + ACKNOWLEDGMENT, value);
}

/** Length of the header with its options, in bytes: 0–60. */
export function headerLength(view: DataView, at: number): number {
  return (view.getUint8(at + OFFSET) >>> 4) * 4;
}

/** Sets the header length, a multiple of 4 in 20–60. Leaves the checksum. */
export function setHeaderLength(view: DataView, at: number, length: number): void {
  view.setUint8(at + OFFSET, (length / 4) << 4);
}

/** Flags: the sum of `FIN` to `CWR`. */
export function flags(view: DataView, at: number): number {
  return view.getUint8(at + FLAGS);
}

/** Sets the flags. Leaves the checksum. */
export function setFlags(view: DataView, at: number, value: number): void {
  view.setUint8(at + FLAGS, value);
}

/** Window as it stands, unscaled. */
export function window(view: DataView, at: number): number {
  return view.getUint16(at + WINDOW);
}

/** Sets the window. Leaves the checksum. */
export function setWindow(view: DataView, at: number, value: number): void {
  view.setUint16(at + WINDOW, value);
}

/** Checksum. */
export function checksum(view: DataView, at: number): number {
  return view.getUint16(at + CHECKSUM);
}

/** Sets the checksum. */
export function setChecksum(view: DataView, at: number, value: number): void {
  view.setUint16(at + CHECKSUM, value);
}
