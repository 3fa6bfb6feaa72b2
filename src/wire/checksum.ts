/**
 * The Internet checksum: computed in full (RFC 1071) and updated in place (RFC 1624).
 *
 * A "sum" is an unfolded sum of 16-bit words, a plain non-negative number; a "checksum" is what
 * stands in a header, 0–65535.
 *
 * @module
 */

/** Returns `from` plus the 16-bit words of bytes `[at, end)`; an odd last byte counts as high byte. */
export function sum(view: DataView, at: number, end: number, from = 0): number {
  let total = from;
  let position = at;
  for (; position + 4 <= end; position += 4) {
    const words = view.getUint32(position);
    total += (words >>> 16) + (words & 0xffff);
  }
  if (position + 2 <= end) {
    total += view.getUint16(position);
    position += 2;
  }
  if (position < end) total += view.getUint8(position) << 8;
  return total;
}

/** Returns the checksum of a sum: folded to 16 bits and complemented. */
export function finish(total: number): number {
  // Sums of whole packets stay far below 2^48, so three folds always suffice; those of headers need two.
  let folded = total <= 0x7fffffff ? total : (total % 0x10000) + Math.floor(total / 0x10000);
  folded = (folded & 0xffff) + (folded >>> 16);
  folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}

/** Returns the checksum of bytes `[at, end)`, which is 0 when they contain their right checksum. */
export function compute(view: DataView, at: number, end: number): number {
  return finish(sum(view, at, end));
}

/** Returns `checksum` after a 16-bit word it covers went from `before` to `after` (RFC 1624 eqn. 3). */
export function replace16(checksum: number, before: number, after: number): number {
  return adjust(checksum, difference16(before, after));
}

/** Returns `checksum` after an aligned 32-bit word it covers went from `before` to `after`. */
export function replace32(checksum: number, before: number, after: number): number {
  return adjust(checksum, difference32(before, after));
}

/** Returns what a 16-bit word that goes from `before` to `after` adds to a sum; for `adjust`. */
export function difference16(before: number, after: number): number {
  return (~before & 0xffff) + after;
}

/** Returns what an aligned 32-bit word that goes from `before` to `after` adds to a sum; for `adjust`. */
export function difference32(before: number, after: number): number {
  return (~(before >>> 16) & 0xffff) + (~before & 0xffff) + (after >>> 16) + (after & 0xffff);
}

/** Returns `checksum` after words it covers have changed, whose differences add up to `difference`. */
export function adjust(checksum: number, difference: number): number {
  let total = (~checksum & 0xffff) + difference;
  total = (total & 0xffff) + (total >>> 16);
  total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}

/**
 * Returns the sum of an IPv4 pseudo-header (RFC 9293 §3.1, RFC 768).
 *
 * @param at first byte of the IPv4 header
 * @param length bytes of transport header and payload
 */
export function pseudoHeader4(
  view: DataView,
  at: number,
  protocol: number,
  length: number,
): number {
  return sum(view, at + 12, at + 20, protocol + length);
}

/**
 * Returns the sum of an IPv6 pseudo-header (RFC 8200 §8.1).
 *
 * @param at first byte of the IPv6 header
 * @param length bytes of transport header and payload
 */
export function pseudoHeader6(
  view: DataView,
  at: number,
  protocol: number,
  length: number,
): number {
  return sum(view, at + 8, at + 40, protocol + length);
}
