/**
 * How a sub-command says what it has to say: through the streams its program was given.
 *
 * Sub-commands neither print nor exit. They write with `say`, and end by returning or by throwing: a
 * `CommandFailure`, or any error, which main.ts turns into a sentence and an exit status.
 *
 * @module
 */
import type { Command } from "commander";

/** What a command ends in. Listed in the help of every command that uses one. */
export const EXIT = {
  success: 0,
  /** Refused or failed; the sentence says why. */
  failure: 1,
  /** Called wrongly; from `uipvs status`, no director runs. */
  usage: 2,
  /** Another director holds the control socket. */
  inUse: 3,
} as const;

/**
 * A command that ends early: a sentence without final period, and the exit status. Without a sentence
 * where everything has been said.
 */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failure) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Writes one line where the program writes its results. */
export function say(command: Command, line: string): void {
  command.configureOutput().writeOut?.(`${line}\n`);
}

/** Writes one line where the program writes its remarks. */
export function remark(command: Command, line: string): void {
  command.configureOutput().writeErr?.(`uipvs: ${line}\n`);
}
