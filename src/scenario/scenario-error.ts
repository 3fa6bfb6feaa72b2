/**
 * What is wrong with a scenario: where it stands, what was expected there and what came.
 *
 * @module
 */

/** A place in a scenario. */
export interface Place {
  /** Path or name of the file, as it is to be shown. */
  readonly file: string;
  /** Line, from 1. */
  readonly line: number;
  /** Column of the first character, from 1. */
  readonly column: number;
}

/** A scenario that cannot be read, or a line of it that cannot be carried out. */
export class ScenarioError extends SyntaxError {
  readonly place: Place;
  /** What would be right there, as a noun phrase. */
  readonly expected: string;
  /** What stands there; `undefined` where the line ends. */
  readonly found: string | undefined;

  constructor(place: Place, expected: string, found: string | undefined) {
    const came = found === undefined ? "the line ends" : `found "${found}"`;
    super(`${place.file}:${place.line}:${place.column}: expected ${expected}, ${came}`);
    this.name = "ScenarioError";
    this.place = place;
    this.expected = expected;
    this.found = found;
  }
}
