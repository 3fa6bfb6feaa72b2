/**
 * What a table made of a configuration does not have, has otherwise than written.
 *
 * @module
 */
import type { RuleName } from "../lint/rule-name.ts";
import { type Position, placeText } from "../rules/position.ts";

/** Something that was left out or changed. */
export interface Remark {
  readonly at: Position;
  readonly what: "left out" | "changed";
  /** The statement it is about, as it is written. */
  readonly text: string;
  /** Why, and for a change, to what. */
  readonly reason: string;
  /** The rule of `uipvs lint` that finds it. */
  readonly rule?: RuleName | undefined;
}

/** Returns a remark as one line. */
export function remarkText({ at, what, text, reason }: Remark): string {
  return `${placeText(at)}: ${what} "${text}": ${reason}`;
}
