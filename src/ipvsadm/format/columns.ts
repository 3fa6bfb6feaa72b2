/**
 * Fixed-width columns.
 *
 * @module
 */

/** Returns `text` left-aligned in `width` characters; a longer text stays whole. */
export function left(text: string | number, width: number): string {
  return String(text).padEnd(width);
}

/** Returns `text` right-aligned in `width` characters; a longer text stays whole. */
export function right(text: string | number | bigint, width: number): string {
  return String(text).padStart(width);
}
