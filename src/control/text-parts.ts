/**
 * Long texts, cut into parts that fit an attribute.
 *
 * @module
 */

/** Characters in one message: at most 49152 bytes of UTF-8, which fits an attribute. */
const PART_LENGTH = 16384;

/** Gathers pieces into parts of `PART_LENGTH` characters or one less; the last may be shorter. */
export function* textParts(pieces: Iterable<string>): Generator<string> {
  let pending = "";
  for (const piece of pieces) {
    pending += piece;
    while (pending.length > PART_LENGTH) {
      // Both halves of a character beyond U+FFFF stay together.
      const last = pending.charCodeAt(PART_LENGTH - 1);
      const length = last >= 0xd800 && last < 0xdc00 ? PART_LENGTH - 1 : PART_LENGTH;
      yield pending.slice(0, length);
      pending = pending.slice(length);
    }
  }
  if (pending.length > 0) yield pending;
}
