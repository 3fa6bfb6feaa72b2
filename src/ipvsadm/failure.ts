/**
 * A command line that came to a bad end.
 *
 * What is wrong ends either the line, so that a restore goes on with the next one, or the whole run.
 *
 * @module
 */
import * as messages from "./messages.ts";

/** Exit status of a check that failed, and of a director that does not answer. */
export const STATUS_FATAL = 2;
/** Exit status of a usage error and of a refused change. */
export const STATUS_REFUSED = 255;
/** Exit status of a listing that failed. */
export const STATUS_LISTING = 1;

/** Carries what to print on standard error and how to exit. */
export class Failure extends Error {
  override readonly name = "Failure";
  /** Exit status, 1–255. */
  readonly status: number;
  /** What is over: this line of a restore, or all of it. */
  readonly scope: "line" | "run";

  /** @param message text for standard error without its last newline; empty for none */
  constructor(message: string, status: number, scope: "line" | "run") {
    super(message);
    this.status = status;
    this.scope = scope;
  }
}

/** Returns the failure of a value or a combination of options that is not allowed. */
export function fatal(message: string): Failure {
  return new Failure(message, STATUS_FATAL, "run");
}

/** Returns the failure of a line that does not begin with a command. */
export function usageFailure(program: string): Failure {
  return new Failure(messages.tryHelp(program), STATUS_REFUSED, "run");
}

/** Returns the failure of an option popt does not accept. */
export function optionFailure(token: string, fault: string): Failure {
  return new Failure(`${token}: ${fault}`, STATUS_REFUSED, "line");
}

/** Returns the failure of a change that was refused. */
export function refusal(message: string): Failure {
  return new Failure(message, STATUS_REFUSED, "line");
}

/** Returns the failure of a listing; an empty message fails silently. */
export function listingFailure(message: string): Failure {
  return new Failure(message, STATUS_LISTING, "run");
}
