/**
 * A line of a configuration that remembers where each of its characters came from, however often
 * parameters in it were replaced.
 *
 * @module
 */
import type { Position } from "../rules/position.ts";

/** A line, or what is left of one. */
export class SourceLine {
  readonly text: string;
  readonly #path: string;
  /** For each character, and for the end behind the last, the line it stands on. */
  readonly #lines: readonly number[];
  /** For each character, and for the end, its column. */
  readonly #columns: readonly number[];

  private constructor(
    text: string,
    path: string,
    lines: readonly number[],
    columns: readonly number[],
  ) {
    this.text = text;
    this.#path = path;
    this.#lines = lines;
    this.#columns = columns;
  }

  /** Returns a line as it stands in a file, without its newline. */
  static read(text: string, path: string, line: number): SourceLine {
    const places = Array.from({ length: text.length + 1 }, (_, index) => index + 1);
    return new SourceLine(text, path, new Array<number>(text.length + 1).fill(line), places);
  }

  /** Returns the part of the line from one character up to another. */
  slice(start: number, end = this.text.length): SourceLine {
    const { text } = this;
    return new SourceLine(
      text.slice(start, end),
      this.#path,
      this.#lines.slice(start, end + 1),
      this.#columns.slice(start, end + 1),
    );
  }

  /** Returns the line with another behind it. */
  append(other: SourceLine): SourceLine {
    return new SourceLine(
      this.text + other.text,
      this.#path,
      [...this.#lines.slice(0, -1), ...other.#lines],
      [...this.#columns.slice(0, -1), ...other.#columns],
    );
  }

  /** Returns a text as if all of it stood where the first character of this line does. */
  standIn(text: string): SourceLine {
    const places = text.length + 1;
    return new SourceLine(
      text,
      this.#path,
      new Array<number>(places).fill(this.#lines[0]!),
      new Array<number>(places).fill(this.#columns[0]!),
    );
  }

  /** Returns where a character stands. */
  at(index: number): Position {
    const place = Math.min(index, this.text.length);
    return { path: this.#path, line: this.#lines[place]!, column: this.#columns[place]! };
  }
}
