/**
 * Text that comes in pieces, put together.
 *
 * @module
 */

/** Returns all the text. */
export async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}
