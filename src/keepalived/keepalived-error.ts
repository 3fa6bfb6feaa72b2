/**
 * What is said of a configuration that cannot be understood.
 *
 * @module
 */
import type { Position } from "../rules/position.ts";

/** Something else than what is expected. */
export interface Mismatch {
  readonly expected: string;
  /** `undefined` where the line ends. */
  readonly found: string | undefined;
}

/** A configuration that cannot be understood. Nothing of it is used. */
export class KeepalivedError extends Error {
  override readonly name = "KeepalivedError";
  readonly at: Position;
  /** What is wrong, without the place. */
  readonly reason: string;
  /** What would be right there, as a noun phrase, and what is there instead; absent where it is neither. */
  readonly mismatch: Mismatch | undefined;

  /**
   * @param at where the fault is
   * @param reason what was expected, and what is there instead
   */
  constructor(at: Position, reason: string, mismatch?: Mismatch) {
    const { path, line, column } = at;
    super(
      `Cannot read "${path}" as a configuration of keepalived, line ${line}, column ${column}: ` +
        reason,
    );
    this.at = at;
    this.reason = reason;
    this.mismatch = mismatch;
  }
}

/** Returns the error for a place where something else stands than what is expected. */
export function expected(at: Position, what: string, found: string | undefined): KeepalivedError {
  const instead = found === undefined ? "the end of the line" : `"${found}"`;
  return new KeepalivedError(at, `expected ${what}, found ${instead}`, { expected: what, found });
}
