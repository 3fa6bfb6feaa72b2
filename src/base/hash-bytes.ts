/**
 * A hash of bytes for tables, seeded so that who chooses the bytes cannot choose the chain.
 *
 * Source: Jenkins, "A hash function for hash table lookup", one-at-a-time.
 *
 * @module
 */

/** Returns the hash of bytes `[start, end)`, 32 bits, signed. */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed | 0;
  for (let at = start; at < end; at++) {
    hash = (hash + bytes[at]!) | 0;
    hash = (hash + (hash << 10)) | 0;
    hash ^= hash >>> 6;
  }
  hash = (hash + (hash << 3)) | 0;
  hash ^= hash >>> 11;
  return (hash + (hash << 15)) | 0;
}
