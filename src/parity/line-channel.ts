/**
 * JSON messages between a host and its guest: short ones as lines on a console, long ones in files of a
 * folder both see, announced by a line.
 *
 * A console loses what it is given faster than it is read, so at most one message may be under way in
 * each direction, and a line is never longer than a console holds. Lines are ASCII; the carriage returns a
 * console adds are passed over.
 *
 * @module
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Longest message that goes over the console, in bytes; a console holds 4096. */
const LONGEST_LINE = 1000;
/** First byte of a line that names a file. */
const FILE = "@";

/** What a channel needs of its two ends. */
export interface ChannelEnds {
  /** What the other side says, in pieces of any length, one byte a character. */
  readonly input: AsyncIterable<string>;
  /** Sends text of one byte a character to the other side, all of it. */
  write(text: string): void;
  /** The folder both see, by its path on this side. */
  readonly folder: string;
  /** Name of this side, not that of the other. */
  readonly side: string;
}

/** One end of a channel. */
export class LineChannel {
  readonly #ends: ChannelEnds;
  readonly #lines: AsyncGenerator<string, void, undefined>;
  #sent = 0;
  /** Why nothing can be received any more. */
  #fault: unknown;

  constructor(ends: ChannelEnds) {
    this.#ends = ends;
    this.#lines = linesOf(ends.input);
  }

  /** Sends a message: anything JSON can hold. */
  send(message: unknown): void {
    const text = ascii(JSON.stringify(message));
    if (text.length <= LONGEST_LINE) {
      this.#ends.write(`${text}\n`);
      return;
    }
    this.#sent++;
    const name = `${this.#ends.side}-${this.#sent}.json`;
    writeFileSync(join(this.#ends.folder, name), text);
    this.#ends.write(`${FILE}${name}\n`);
  }

  /**
   * Returns the next message.
   *
   * @throws Error when the other side is gone, each time; SyntaxError for what is no message
   */
  async receive(): Promise<unknown> {
    const line = await this.#line();
    if (!line.startsWith(FILE)) return JSON.parse(line);
    const path = join(this.#ends.folder, line.slice(FILE.length));
    const message: unknown = JSON.parse(readFileSync(path, "latin1"));
    rmSync(path);
    return message;
  }

  async #line(): Promise<string> {
    if (this.#fault !== undefined) throw this.#fault;
    try {
      const { done, value } = await this.#lines.next();
      if (!done) return value;
      throw new Error("The other side of the channel is gone");
    } catch (error) {
      this.#fault = error;
      throw error;
    }
  }
}

async function* linesOf(input: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let rest = "";
  for await (const piece of input) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield line.replace(/\r$/, "");
  }
}

/** Returns JSON with every character beyond ASCII as an escape. */
function ascii(json: string): string {
  return json.replaceAll(
    /[^\0-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
