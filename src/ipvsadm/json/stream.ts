/**
 * A JSON document that ends in a long list, written as the list comes.
 *
 * @module
 */
import type { Writer } from "../world.ts";

/** How much text is collected before it is written, in characters. */
const PIECE = 1 << 14;

/**
 * Writes one object: the members of `head`, then the list, each of its values on a line of its own.
 *
 * Nothing is written before the first value is there; should one of them fail, the text breaks off and
 * is no document.
 *
 * @param list name of the list
 */
export async function writeList(
  writer: Writer,
  head: object,
  list: string,
  values: AsyncIterable<object> | Iterable<object>,
): Promise<void> {
  const opening = `${JSON.stringify(head).slice(0, -1)},${JSON.stringify(list)}:[`;
  let text = opening;
  let separator = "\n";
  for await (const value of values) {
    text += separator + JSON.stringify(value);
    separator = ",\n";
    if (text.length < PIECE) continue;
    await writer.write(text);
    text = "";
  }
  await writer.write(`${text}\n]}\n`);
}
