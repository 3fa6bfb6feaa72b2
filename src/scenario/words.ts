/**
 * A line of a scenario taken apart into words.
 *
 * Words are split on blanks and tabs; '...' and "..." group, anywhere in a word, and stand for their
 * content as it is. Every word knows its column, for messages.
 *
 * @module
 */
import { type Place, ScenarioError } from "./scenario-error.ts";

/** A line as it stands in a file. */
export interface Line {
  readonly file: string;
  /** From 1. */
  readonly number: number;
  /** Without the line break. */
  readonly text: string;
}

/** A word of a line. */
export interface Word {
  /** Without the quotes. */
  readonly text: string;
  /** From 1. */
  readonly column: number;
}

const BLANK = /[ \t\r]/;

/** Returns the lines of a file. */
export function linesOf(file: string, text: string): readonly Line[] {
  const lines = text.split("\n");
  // A file ends with a line break; what follows the last one is no line.
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, index) => ({ file, number: index + 1, text: line }));
}

/** Returns the place of a column of a line. */
export function placeIn(line: Line, column: number): Place {
  return { file: line.file, line: line.number, column };
}

/**
 * Returns the words of a line.
 *
 * @param expand returns what stands for a word that starts at a column
 * @throws ScenarioError for a quote without its other end
 */
export function wordsOf(
  line: Line,
  expand: (text: string, column: number) => string = (text) => text,
): readonly Word[] {
  const { text } = line;
  const words: Word[] = [];
  let at = 0;
  while (at < text.length) {
    if (BLANK.test(text[at]!)) {
      at++;
      continue;
    }
    const start = at;
    let content = "";
    while (at < text.length && !BLANK.test(text[at]!)) {
      const quote = text[at]!;
      if (quote !== "'" && quote !== '"') {
        content += text[at++];
        continue;
      }
      const end = text.indexOf(quote, at + 1);
      if (end < 0) {
        throw new ScenarioError(placeIn(line, at + 1), `another ${quote} further on`, undefined);
      }
      content += text.slice(at + 1, end);
      at = end + 1;
    }
    words.push({ text: expand(content, start + 1), column: start + 1 });
  }
  return words;
}

/** The words of a line, taken one after the other. */
export class WordReader {
  readonly line: Line;
  readonly #words: readonly Word[];
  #at = 0;

  constructor(line: Line, words: readonly Word[]) {
    this.line = line;
    this.#words = words;
  }

  /** Returns the next word without taking it, or `undefined` at the end. */
  peek(): Word | undefined {
    return this.#words[this.#at];
  }

  /** Takes a word that need not be there. */
  optional(): Word | undefined {
    return this.#words[this.#at++];
  }

  /**
   * Takes the next word.
   *
   * @param expected what it is to be, as a noun phrase
   * @throws ScenarioError at the end of the line
   */
  next(expected: string): Word {
    const word = this.optional();
    if (word === undefined) throw this.error(undefined, expected);
    return word;
  }

  /** Takes all that is left. */
  rest(): readonly Word[] {
    const rest = this.#words.slice(this.#at);
    this.#at = this.#words.length;
    return rest;
  }

  /** @throws ScenarioError unless all words were taken */
  end(): void {
    const word = this.peek();
    if (word !== undefined) throw this.error(word, "the end of the line");
  }

  /**
   * Returns the error that `word` is not what was expected.
   *
   * @param from characters of the word that are right, counted from its start
   */
  error(word: Word | undefined, expected: string, from = 0): ScenarioError {
    const column = word === undefined ? this.line.text.length + 1 : word.column + from;
    return new ScenarioError(placeIn(this.line, column), expected, word?.text.slice(from));
  }
}
