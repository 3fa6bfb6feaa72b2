/**
 * The words behind the name of a program, taken one after the other.
 *
 * @module
 */

/** A command line that asks for what the emulated host does not have. */
export class UnsupportedCommand extends RangeError {
  constructor(program: string, what: string) {
    super(`${program} here knows no ${what}`);
    this.name = "UnsupportedCommand";
  }
}

/** Takes the words of one command line. */
export class Arguments {
  readonly program: string;
  readonly #words: readonly string[];
  #at = 0;

  constructor(program: string, words: readonly string[]) {
    this.program = program;
    this.#words = words;
  }

  /** Whether all words were taken. */
  get done(): boolean {
    return this.#at >= this.#words.length;
  }

  /** Takes the next word if it is one of these. */
  take<Name extends string>(...names: readonly Name[]): Name | undefined {
    const name = names.find((each) => each === this.#words[this.#at]);
    if (name !== undefined) this.#at++;
    return name;
  }

  /** @throws UnsupportedCommand when all words were taken */
  next(expected: string): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw this.unsupported(`line that ends where ${expected} should come`);
    return word;
  }

  /**
   * Takes the next word as what it says.
   *
   * @throws UnsupportedCommand when `read` refuses it with a SyntaxError
   */
  read<T>(expected: string, read: (text: string) => T): T {
    const word = this.next(expected);
    try {
      return read(word);
    } catch (error) {
      if (error instanceof SyntaxError) throw this.unsupported(`"${word}" as ${expected}`);
      throw error;
    }
  }

  /** Takes the next word as a number, in decimal or behind 0x. */
  number(expected: string, most: number): number {
    return this.read(expected, (text) => {
      const value = /^(\d+|0x[\da-f]+)$/i.test(text) ? Number(text) : Number.NaN;
      if (!(value <= most)) throw new SyntaxError(`"${text}" is no number up to ${most}`);
      return value;
    });
  }

  /** Returns the error that something is not known; to be thrown. */
  unsupported(what: string): UnsupportedCommand {
    return new UnsupportedCommand(this.program, what);
  }
}
