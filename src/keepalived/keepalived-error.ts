/**
 * What is said of a configuration that cannot be understood.
 *
 * @module
 */
import type { Position } from "../rules/position.ts";

/** A configuration that cannot be understood. Nothing of it is used. */
export class KeepalivedError extends Error {
  override readonly name = "KeepalivedError";
  readonly at: Position;
  /** What is wrong, without the place. */
  readonly reason: string;

  /**
   * @param at where the fault is
   * @param reason what was expected, and what is there instead
   */
  constructor(at: Position, reason: string) {
    const { path, line, column } = at;
    super(
      `Cannot read "${path}" as a configuration of keepalived, line ${line}, column ${column}: ` +
        reason,
    );
    this.at = at;
    this.reason = reason;
  }
}

/** Returns the error for a place where something else stands than what is expected. */
export function expected(at: Position, what: string, found: string | undefined): KeepalivedError {
  const instead = found === undefined ? "the end of the line" : `"${found}"`;
  return new KeepalivedError(at, `expected ${what}, found ${instead}`);
}
