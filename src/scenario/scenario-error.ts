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
    const came = found === undefined ? "the line ends" : `found "${shown(found)}"`;
    super(`${place.file}:${place.line}:${place.column}: expected ${expected}, ${came}`);
    this.name = "ScenarioError";
    this.place = place;
    this.expected = expected;
    this.found = found;
  }
}

/** Most of what stands there that a message quotes, in characters. */
const LONGEST = 60;

/** Returns a text as a terminal can show it: of what is no text, escapes. */
function shown(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return cut.replaceAll(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\ufffd]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
