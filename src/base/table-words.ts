/**
 * Words for the segments of tables that grow to hundreds of megabytes.
 *
 * A runtime's collector begins to look for garbage when arrays outside its heap have grown by some tens of
 * megabytes, and packets wait for it, though a table that grows has none. Shared memory is not counted
 * among those. But as it is not counted, nothing hurries to give it back either, so only segments of tables
 * that are large already are made of it.
 *
 * @module
 */

/** Segments of a table that are counted: some 20 MB for 262144 connections, all tables together. */
const COUNTED = 4;

/** Returns `length` words of 0 for segment `number`, 0 or more, of a table. */
export function tableWords(length: number, number: number): Int32Array {
  // Browsers have no shared memory on pages that did not ask to be isolated.
  if (number < COUNTED || typeof SharedArrayBuffer === "undefined") return new Int32Array(length);
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
}
