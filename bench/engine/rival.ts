/**
 * A contender's process, seen from the benchmark: commands go as lines, and answers come as lines.
 *
 * @module
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** One process. */
export class Rival {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;
  readonly #name: string;

  /** @param command program and arguments */
  constructor(name: string, command: readonly string[]) {
    this.#name = name;
    const [program = "", ...words] = command;
    this.#process = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /**
   * Gives a command and returns its answer.
   *
   * @throws Error when the process has ended
   */
  async ask<T>(command: string): Promise<T> {
    this.#process.stdin.write(`${command}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`${this.#name} ended at the command "${command}"`);
    return JSON.parse(value) as T;
  }

  /** Ends the process and waits until it has. */
  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.stdin.end();
    await ended;
  }
}
