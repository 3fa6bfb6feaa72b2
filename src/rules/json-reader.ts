/**
 * Walks through a JSON value that ought to have a certain form, and says where it has not.
 *
 * @module
 */

/** One value of a document, with the way to it. */
export class JsonReader {
  readonly #value: unknown;
  /** The way to the value, such as `services[0].port`; empty for the document. */
  readonly path: string;

  /** @param value what `JSON.parse` has made */
  constructor(value: unknown, path = "") {
    this.#value = value;
    this.path = path;
  }

  /** Whether there is a value, other than `null`. */
  get present(): boolean {
    return this.#value !== undefined && this.#value !== null;
  }

  /** Returns what `read` makes of the value, or `fallback` where there is none. */
  or<Value, Fallback>(read: (reader: JsonReader) => Value, fallback: Fallback): Value | Fallback {
    return this.present ? read(this) : fallback;
  }

  /**
   * Returns the members of an object by name, absent ones included.
   *
   * @param names the names it may have
   * @throws SyntaxError when it is none, or has others
   */
  members<Name extends string>(...names: readonly Name[]): Readonly<Record<Name, JsonReader>> {
    const value = this.#value;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.fault("an object");
    }
    const known: readonly string[] = names;
    const stranger = Object.keys(value).find((name) => !known.includes(name));
    if (stranger !== undefined) {
      throw new SyntaxError(`${this.#place} has "${stranger}": must be among ${names.join(", ")}`);
    }
    const found = value as Readonly<Record<string, unknown>>;
    const entries = names.map((name) => [name, this.#member(name, found[name])]);
    return Object.fromEntries(entries) as Record<Name, JsonReader>;
  }

  /** @throws SyntaxError when the value is no list */
  items(): readonly JsonReader[] {
    if (!Array.isArray(this.#value)) throw this.fault("a list");
    return this.#value.map((item, index) => new JsonReader(item, `${this.path}[${index}]`));
  }

  /** @throws SyntaxError when the value is no text of 1 to `most` characters without blanks */
  word(most: number): string {
    const value = this.#value;
    if (typeof value === "string" && value.length <= most && /^[!-~]+$/.test(value)) return value;
    throw this.fault(`a word of at most ${most} characters`);
  }

  /** @throws SyntaxError when the value is no whole number in `[min, max]` */
  integer(min: number, max: number): number {
    const value = this.#value;
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
      return value;
    }
    throw this.fault(`a whole number, ${min}–${max}`);
  }

  /** @throws SyntaxError when the value is neither true nor false */
  boolean(): boolean {
    if (typeof this.#value === "boolean") return this.#value;
    throw this.fault("true or false");
  }

  /** @throws SyntaxError when the value is none of those given */
  oneOf<Value extends string | number>(...values: readonly Value[]): Value {
    const value = values.find((candidate) => candidate === this.#value);
    if (value !== undefined) return value;
    throw this.fault(values.map((each) => JSON.stringify(each)).join(" or "));
  }

  /**
   * Returns the number a name stands for, or a number in `[0, max]` itself.
   *
   * @throws SyntaxError when the value is neither
   */
  named(names: Readonly<Record<string, number>>, max: number): number {
    if (typeof this.#value === "number") return this.integer(0, max);
    return names[this.oneOf(...Object.keys(names))]!;
  }

  /**
   * Returns what `parse` makes of the value, which is to be a text.
   *
   * @param expected what would be right, for the message
   * @throws SyntaxError when it is none, or `parse` fails or returns `undefined`
   */
  parsed<Value>(parse: (text: string) => Value | undefined, expected: string): Value {
    const value = typeof this.#value === "string" ? attempt(parse, this.#value) : undefined;
    if (value === undefined) throw this.fault(expected);
    return value;
  }

  /** Returns the error to throw for a value that is not what is expected. */
  fault(expected: string): SyntaxError {
    return new SyntaxError(`${this.#place} is ${quoted(this.#value)}: must be ${expected}`);
  }

  get #place(): string {
    return this.path === "" ? "the document" : this.path;
  }

  #member(name: string, value: unknown): JsonReader {
    return new JsonReader(value, this.path === "" ? name : `${this.path}.${name}`);
  }
}

function attempt<Value>(parse: (text: string) => Value, text: string): Value | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** Most of a wrong value that is shown, in characters. */
const SHOWN = 60;

function quoted(value: unknown): string {
  const text = value === undefined ? "missing" : JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
