/**
 * What a person is told of something that was thrown.
 *
 * @module
 */

/** Returns the sentence of an error, and anything else that was thrown as text. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
