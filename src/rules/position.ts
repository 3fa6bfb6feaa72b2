/**
 * A place in a file of rules.
 *
 * @module
 */

/** A place in a file. */
export interface Position {
  /** The file, as it was named. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/** Returns a place as it is written before a message: `keepalived.conf:12:5`. */
export function placeText({ path, line, column }: Position): string {
  return `${path}:${line}:${column}`;
}
