/**
 * Variables of a script: set with `let NAME = VALUE`, read as `$NAME` or `${NAME}`; `$$` is a dollar sign.
 *
 * @module
 */
import { ScenarioError } from "../scenario/scenario-error.ts";
import { type Line, placeIn, type WordReader } from "../scenario/words.ts";

const REFERENCE = /\$(?:\$|\{([^}]*)\}|([A-Za-z_]\w*))/g;
const NAME = /^[A-Za-z_]\w*$/;

/** The variables set so far. */
export class Variables {
  readonly #values = new Map<string, string>();

  /** Reads what follows `let`. @throws ScenarioError */
  set(words: WordReader): void {
    const name = words.next("the name of a variable");
    const [, inWord, glued] = /^([^=]*)=(.*)$/.exec(name.text) ?? [];
    const own = inWord ?? name.text;
    if (!NAME.test(own)) throw words.error(name, "a name of letters, digits and _");
    let value = glued;
    if (value === undefined) {
      const sign = words.next('"="');
      if (sign.text !== "=") throw words.error(sign, '"="');
    }
    if (value === undefined || value === "") value = words.next("a value").text;
    words.end();
    this.#values.set(own, value);
  }

  /** Returns a text with its variables replaced. @throws ScenarioError for one that was never set */
  expand(line: Line, text: string, column: number): string {
    return text.replace(REFERENCE, (reference, braced?: string, plain?: string, at?: number) => {
      const name = braced ?? plain;
      if (name === undefined) return "$";
      const value = this.#values.get(name);
      if (value !== undefined) return value;
      const known = [...this.#values.keys()].map((each) => `$${each}`).join(", ");
      const expected = `a variable set before${known === "" ? " with let" : `: ${known}`}`;
      throw new ScenarioError(placeIn(line, column + (at ?? 0)), expected, reference);
    });
  }

  /** Returns a text with those of its variables replaced that were set, the rest as it is. */
  expandKnown(text: string): string {
    return text.replace(REFERENCE, (reference, braced?: string, plain?: string) => {
      const name = braced ?? plain;
      return (name === undefined ? undefined : this.#values.get(name)) ?? reference;
    });
  }
}
