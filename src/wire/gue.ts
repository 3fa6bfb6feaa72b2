/**
 * Generic UDP Encapsulation header, variant 0 (draft-ietf-intarea-gue §3), read and written in place.
 *
 *      0  1 2 3      7 8         15 16          31
 *     +----+-+--------+------------+--------------+
 *     |ver |C|  hlen  | proto/ctype|    flags     |
 *     +----+-+--------+------------+--------------+
 *     | hlen words of extension fields            |
 *
 * `at` is the header's first byte in `view`. Accessors are safe once `isWhole` has said `true`.
 *
 * @module
 */
const VERSION_CONTROL_LENGTH = 0;
const PROTOCOL = 1;
const FLAGS = 2;

/** The port IANA keeps for GUE; a tunnel may use any. */
export const PORT = 6080;
/** Length of a header without extension fields, in bytes. */
export const HEADER_LENGTH = 4;

/** Whether bytes `[at, end)` hold a whole header without its extension fields. */
export function isWhole(at: number, end: number): boolean {
  return end - at >= HEADER_LENGTH;
}

/** Version, 0–3. */
export function version(view: DataView, at: number): number {
  return view.getUint8(at + VERSION_CONTROL_LENGTH) >>> 6;
}

/** Whether it is a control message. */
export function isControl(view: DataView, at: number): boolean {
  return (view.getUint8(at + VERSION_CONTROL_LENGTH) & 0x20) !== 0;
}

/** Length of the header with its extension fields, in bytes: 4–128. */
export function headerLength(view: DataView, at: number): number {
  return HEADER_LENGTH + (view.getUint8(at + VERSION_CONTROL_LENGTH) & 0x1f) * 4;
}

/** Protocol number of the payload. */
export function protocol(view: DataView, at: number): number {
  return view.getUint8(at + PROTOCOL);
}

/** Writes a data header without extension fields. */
export function write(view: DataView, at: number, protocol: number): void {
  view.setUint8(at + VERSION_CONTROL_LENGTH, 0);
  view.setUint8(at + PROTOCOL, protocol);
  view.setUint16(at + FLAGS, 0);
}
