/**
 * Rules on standard input, one command line a line, and how they are cut into words.
 *
 * There are no comments, no quotes and no continuation: words are separated by blanks, tabs and
 * carriage returns, and a word `ipvsadm` is dropped wherever it stands.
 *
 * @module
 */

/** Dropped from every line, so that whole commands can be pasted. */
const PROGRAM_WORD = "ipvsadm";

/** Returns the words of one line. */
export function ruleWords(line: string): readonly string[] {
  return line.split(/[ \t\r]+/).filter((word) => word !== "" && word !== PROGRAM_WORD);
}

/**
 * Returns the lines of a stream as they come in, without their newlines.
 *
 * A last line without one counts, unless it ends in two or more separators, as in the original.
 */
export async function* ruleLines(
  input: AsyncIterable<string | Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of input) {
    rest += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "" && !/[ \t\r]{2}$/.test(rest)) yield rest;
}
