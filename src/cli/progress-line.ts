/**
 * How far a command is: a line on a terminal, which changes; nothing elsewhere.
 *
 * @module
 */
import type { Command } from "commander";

/** The line of one command. */
export class ProgressLine {
  readonly #command: Command;
  readonly #shown = process.stderr.isTTY === true;
  #text = "";

  constructor(command: Command) {
    this.#command = command;
  }

  /** @param text one that is not shorter than the one before, or the line is cleared first */
  show(text: string): void {
    if (!this.#shown || text === this.#text) return;
    this.#text = text;
    this.#write(`\r${text}`);
  }

  /** Removes the line, if there is one. */
  clear(): void {
    if (this.#text !== "") this.#write("\r\u001b[K");
    this.#text = "";
  }

  #write(text: string): void {
    this.#command.configureOutput().writeErr?.(text);
  }
}
