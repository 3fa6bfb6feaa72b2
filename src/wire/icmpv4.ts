/**
 * Internet Control Message Protocol header (RFC 792), read and written in place.
 *
 *      0      7 8     15 16               31
 *     +--------+--------+------------------+
 *     |  type  |  code  |     checksum     |
 *     +--------+--------+------------------+
 *     |    depends on type and code        |
 *     +------------------------------------+
 *     | errors: the offending IP packet ...|
 *
 * `at` is the header's first byte in `view`. Accessors are safe once `isWhole` has said `true`.
 *
 * @module
 */
const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const REST = 4;

/** Length of the header, in bytes; an error quotes the offending packet behind it. */
export const HEADER_LENGTH = 8;

export const ECHO_REPLY = 0;
export const UNREACHABLE = 3;
export const SOURCE_QUENCH = 4;
export const REDIRECT = 5;
export const ECHO_REQUEST = 8;
export const TIME_EXCEEDED = 11;
export const PARAMETER_PROBLEM = 12;
export const TIMESTAMP = 13;
export const TIMESTAMP_REPLY = 14;
/** The largest type this host knows. Source: linux/icmp.h `NR_ICMP_TYPES`. */
export const LAST_TYPE = 18;

/** Codes of `UNREACHABLE`. */
export const HOST_UNREACHABLE = 1;
export const PROTOCOL_UNREACHABLE = 2;
export const PORT_UNREACHABLE = 3;
export const FRAGMENTATION_NEEDED = 4;

/** Whether bytes `[at, end)` hold a whole header. */
export function isWhole(at: number, end: number): boolean {
  return end - at >= HEADER_LENGTH;
}

/** Type. */
export function type(view: DataView, at: number): number {
  return view.getUint8(at + TYPE);
}

/** Code. */
export function code(view: DataView, at: number): number {
  return view.getUint8(at + CODE);
}

/** Sets type and code. Leaves the checksum. */
export function setTypeAndCode(view: DataView, at: number, type: number, code: number): void {
  view.setUint8(at + TYPE, type);
  view.setUint8(at + CODE, code);
}

/** Checksum. */
export function checksum(view: DataView, at: number): number {
  return view.getUint16(at + CHECKSUM);
}

/** Sets the checksum. */
export function setChecksum(view: DataView, at: number, value: number): void {
  view.setUint16(at + CHECKSUM, value);
}

/** The second word: for fragmentation needed, the MTU in its low half (RFC 1191 §4). */
export function rest(view: DataView, at: number): number {
  return view.getUint32(at + REST);
}

/** Sets the second word. Leaves the checksum. */
export function setRest(view: DataView, at: number, value: number): void {
  view.setUint32(at + REST, value);
}

/** Whether a message of this type reports an error about a packet it quotes (RFC 1122 §3.2.2). */
export function isError(type: number): boolean {
  return (
    type === UNREACHABLE ||
    type === SOURCE_QUENCH ||
    type === REDIRECT ||
    type === TIME_EXCEEDED ||
    type === PARAMETER_PROBLEM
  );
}
