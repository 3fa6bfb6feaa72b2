/**
 * Drawing who answered: a row for each real server, a column for each request, a count at the end.
 *
 *       web2 172.16.16.2  ..#..#..#  3
 *       web3 172.16.16.3  .#..#..#.  3
 *       web4 172.16.16.4  #..#..#..  3
 *
 * On a terminal the rows fill in place, in colour, as answers arrive. Elsewhere, and where NO_COLOR is
 * set (no-color.org), the answers are named on one line as they arrive and the rows follow in ASCII.
 *
 * @module
 */
import type { RealServer } from "./laboratory.ts";

/** Where the story is told. */
export interface Screen {
  write(text: string): void;
  /** Whether lines can be redrawn and coloured. */
  readonly fancy: boolean;
}

/** Returns the screen a stream is, as the environment wants it to be used. */
export function screenOf(
  stream: NodeJS.WriteStream,
  env: Readonly<Record<string, string | undefined>>,
): Screen {
  const plain = (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb";
  return { write: (text) => stream.write(text), fancy: stream.isTTY === true && !plain };
}

/** Returns `text` in bold, where the screen can. */
export function bold(screen: Screen, text: string): string {
  return screen.fancy ? `\x1b[1m${text}\x1b[0m` : text;
}

/** Row of the requests nobody answered. */
const NOBODY = "nobody";

/** Background colours of the rows: cyan, yellow, magenta, green; red for nobody. */
const COLOURS = [46, 43, 45, 42];
const FAULT_COLOUR = 41;

/** One column: a request, or the bar of a command. */
type Column = { readonly row: string; readonly mark: string } | "bar";

/** The drawing of one wave. */
export class Drawing {
  readonly #screen: Screen;
  readonly #servers: readonly RealServer[];
  readonly #columns: Column[] = [];
  /** Rows on the screen that the next drawing goes over. */
  #drawn = 0;

  constructor(screen: Screen, servers: readonly RealServer[]) {
    this.#screen = screen;
    this.#servers = servers;
    if (screen.fancy) this.#redraw();
    else screen.write("  answered by:");
  }

  /** Adds a request: who answered, and the letter it is drawn with. */
  answered(server: string | undefined, mark: string): void {
    this.#columns.push({ row: server ?? NOBODY, mark });
    if (this.#screen.fancy) this.#redraw();
    else this.#screen.write(` ${server?.replace(/^\D+/, "") ?? "!"}`);
  }

  /** Draws a bar: a command was obeyed here. */
  bar(): void {
    this.#columns.push("bar");
    if (this.#screen.fancy) this.#redraw();
    else this.#screen.write(" |");
  }

  /** Ends the drawing. */
  end(): void {
    if (!this.#screen.fancy) this.#screen.write(`\n${this.#rows().join("\n")}\n`);
  }

  #redraw(): void {
    const rows = this.#rows();
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : "";
    this.#screen.write(`${up}${rows.map((row) => `\r\x1b[2K${row}\n`).join("")}`);
    this.#drawn = rows.length;
  }

  #rows(): readonly string[] {
    const label = (name: string, address: string) => `  ${name.padEnd(6)} ${address.padEnd(12)}`;
    const rows = this.#servers.map(({ name, address }, index) =>
      this.#row(label(name, address), name, COLOURS[index % COLOURS.length]!),
    );
    const unanswered = this.#columns.some((column) => column !== "bar" && column.row === NOBODY);
    return unanswered ? [...rows, this.#row(label(NOBODY, ""), NOBODY, FAULT_COLOUR)] : rows;
  }

  #row(label: string, name: string, colour: number): string {
    let cells = "";
    let count = 0;
    for (const column of this.#columns) {
      if (column === "bar") cells += "|";
      else if (column.row !== name) cells += this.#screen.fancy ? " " : ".";
      else {
        count++;
        cells += this.#cell(column.mark, colour);
      }
    }
    return `${label}  ${cells}  ${count}`;
  }

  #cell(mark: string, colour: number): string {
    if (this.#screen.fancy) return `\x1b[${colour};30m${mark}\x1b[0m`;
    return mark === " " ? "#" : mark;
  }
}
