/**
 * A configuration as statements: a keyword with its words, and with a block of further ones.
 *
 * @module
 */

import type { Position } from "../rules/position.ts";
import { expected, KeepalivedError } from "./keepalived-error.ts";
import type { SourceLine } from "./source-line.ts";

/** A word of a statement, without its double quotes. */
export interface Word {
  readonly text: string;
  readonly at: Position;
  /** Whether a part of it stood in quotes: a brace then is none. */
  readonly quoted: boolean;
}

/** A statement. */
export interface Statement {
  /** At least the keyword. */
  readonly words: readonly [Word, ...Word[]];
  /** Absent where there are no braces. */
  readonly block?: readonly Statement[];
  /** Where its line ends, for what is missing. */
  readonly end: Position;
}

interface Draft {
  readonly words: readonly [Word, ...Word[]];
  readonly end: Position;
  block?: Draft[];
}

/**
 * Returns the statements of a configuration.
 *
 * An opening brace stands at the end of its statement, or on a line of its own behind it.
 *
 * @throws KeepalivedError for a brace or quote that has no counterpart
 */
export function parseStatements(lines: Iterable<SourceLine>): readonly Statement[] {
  const top: Draft[] = [];
  const open: Draft[] = [];
  const current = (): Draft[] => open.at(-1)?.block ?? top;
  for (const line of lines) {
    const end = line.at(line.text.trimEnd().length);
    let words: Word[] = [];
    const flush = (): void => {
      const [keyword, ...rest] = words;
      if (keyword !== undefined) current().push({ words: [keyword, ...rest], end });
      words = [];
    };
    for (const word of wordsOf(line)) {
      if (word.quoted || (word.text !== "{" && word.text !== "}")) {
        words.push(word);
        continue;
      }
      flush();
      if (word.text === "{") {
        const owner = current().at(-1);
        if (owner === undefined || owner.block !== undefined) {
          throw expected(word.at, "a keyword before the block", "{");
        }
        owner.block = [];
        open.push(owner);
      } else if (open.pop() === undefined) {
        throw expected(word.at, "a keyword: no block is open here", "}");
      }
    }
    flush();
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) {
    const head = unclosed.words.map((word) => word.text).join(" ");
    throw new KeepalivedError(
      unclosed.words[0].at,
      `expected "}" to close the block of "${head}", found the end of the file`,
    );
  }
  return top;
}

/** Returns a statement as it might be written, without its block. */
export function statementText({ words }: Statement): string {
  return words.map(({ text }) => text).join(" ");
}

/**
 * Returns the words of a line, up to a comment.
 *
 * @throws KeepalivedError for a quote that is not closed
 */
export function wordsOf(line: SourceLine): readonly Word[] {
  const { text } = line;
  const words: Word[] = [];
  let index = 0;
  while (index < text.length) {
    const first = text[index]!;
    if (/\s/.test(first)) {
      index++;
      continue;
    }
    if (first === "#" || first === "!") break;
    const start = index;
    let word = "";
    let quoted = false;
    while (index < text.length && !/[\s#!]/.test(text[index]!)) {
      const character = text[index]!;
      if (character === '"' || character === "'") {
        const close = closingQuote(line, index);
        const inside = text.slice(index + 1, close);
        // Single quotes hold a word together, but keepalived 2.2.7 leaves them where they are.
        word += character === "'" ? `'${inside}'` : inside.replaceAll(/\\(.)/g, "$1");
        quoted = true;
        index = close + 1;
      } else {
        word += character;
        index++;
      }
    }
    const spelled = word.replaceAll(/\$\{_(HASH|BANG)\}/g, (_, name) =>
      name === "HASH" ? "#" : "!",
    );
    words.push({ text: spelled, at: line.at(start), quoted });
  }
  return words;
}

function closingQuote(line: SourceLine, open: number): number {
  const { text } = line;
  const quote = text[open]!;
  for (let index = open + 1; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === quote) return index;
  }
  throw expected(line.at(open), `a closing ${quote} on the line`, undefined);
}
