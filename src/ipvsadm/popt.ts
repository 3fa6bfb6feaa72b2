/**
 * Option scanning as the popt library does it, which is not quite getopt's way.
 *
 * Short options bundle (`-Ln`); one that takes a value swallows the rest of its bundle less one
 * leading `=` (`-t=ADDRESS`). Long options are spelled in full, `--name value` or `--name=value`.
 * A required value is the next argument whatever it looks like; an optional one is not taken from an
 * argument that begins with `-`. Operands may stand anywhere, unless POSIX order is asked for.
 *
 * Source: popt(3) and the behaviour of popt 1.19. Its `!#:+` substitution is left out.
 *
 * @module
 */

/** An option as the scanner needs to know it; at least one of the names is there. */
export interface ScannableOption {
  /** One character, without the dash. */
  readonly short?: string;
  /** Name without the dashes. */
  readonly long?: string;
  readonly value: "none" | "required" | "optional";
}

/** Why an argument is no option, in popt's own words. */
export type ScanFault = "unknown option" | "missing argument" | "option does not take an argument";

/** One step through a command line. */
export type Scanned<Option> =
  | { readonly kind: "option"; readonly option: Option; readonly value: string | undefined }
  | { readonly kind: "fault"; readonly fault: ScanFault }
  | { readonly kind: "end" };

/** Walks once through the arguments of one command line. */
export class OptionScanner<Option extends ScannableOption> {
  readonly #argv: readonly string[];
  readonly #options: readonly Option[];
  readonly #posixOrder: boolean;
  readonly #operands: string[] = [];
  #next = 0;
  /** What is left of a bundle of short options. */
  #bundle = "";
  #optionsEnded = false;

  /**
   * @param argv arguments without the program's name
   * @param options the first match wins
   * @param posixOrder whether the first operand ends the options
   */
  constructor(argv: readonly string[], options: readonly Option[], posixOrder: boolean) {
    this.#argv = argv;
    this.#options = options;
    this.#posixOrder = posixOrder;
  }

  /** Arguments that are neither options nor their values; complete after `end`. */
  get operands(): readonly string[] {
    return this.#operands;
  }

  /** The argument taken last, whole: what messages quote. Empty before the first. */
  get token(): string {
    return this.#argv[this.#next - 1] ?? "";
  }

  /** Returns the next option, the fault in it, or the end. After a fault or the end, ask no more. */
  next(): Scanned<Option> {
    while (this.#bundle === "") {
      const argument = this.#argv[this.#next];
      if (argument === undefined) return { kind: "end" };
      this.#next++;
      if (this.#optionsEnded || !argument.startsWith("-") || argument === "-") {
        this.#operands.push(argument);
        if (this.#posixOrder) this.#optionsEnded = true;
      } else if (argument === "--") {
        this.#optionsEnded = true;
      } else if (argument.startsWith("--")) {
        return this.#long(argument.slice(2));
      } else {
        this.#bundle = argument.slice(1);
      }
    }
    return this.#short();
  }

  #long(text: string): Scanned<Option> {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    const option = this.#options.find((candidate) => candidate.long === name);
    return this.#take(option, equals < 0 ? undefined : text.slice(equals + 1));
  }

  #short(): Scanned<Option> {
    const letter = this.#bundle.charAt(0);
    const rest = this.#bundle.slice(1);
    const option = this.#options.find((candidate) => candidate.short === letter);
    if (option?.value === "none" && !rest.startsWith("=")) {
      this.#bundle = rest;
      return { kind: "option", option, value: undefined };
    }
    this.#bundle = "";
    return this.#take(option, rest === "" ? undefined : rest.replace(/^=/, ""));
  }

  /** @param attached value written in the same argument */
  #take(option: Option | undefined, attached: string | undefined): Scanned<Option> {
    if (option === undefined) return { kind: "fault", fault: "unknown option" };
    if (option.value === "none") {
      return attached === undefined
        ? { kind: "option", option, value: undefined }
        : { kind: "fault", fault: "option does not take an argument" };
    }
    if (attached !== undefined) return { kind: "option", option, value: attached };
    const following = this.#argv[this.#next];
    if (option.value === "optional" && (following === undefined || following.startsWith("-"))) {
      return { kind: "option", option, value: undefined };
    }
    if (following === undefined) return { kind: "fault", fault: "missing argument" };
    this.#next++;
    return { kind: "option", option, value: following };
  }
}
