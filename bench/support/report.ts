/**
 * What a benchmark tells: a table for people, and with `--json FILE` the same for programs.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { describeHost, hostLine } from "./host.ts";
import type { Middle } from "./rounds.ts";

/** One cell of a table: text, or nothing. */
export type Cell = string | undefined;

/** A report under way: says as it goes, and keeps what is to be written. */
export class Report {
  readonly #name: string;
  readonly #file: string | undefined;
  readonly #host = describeHost();
  readonly #results: object[] = [];

  /**
   * @param name of the benchmark, such as `engine`
   * @param file where `end` writes the results as JSON, if anywhere
   */
  constructor(name: string, file: string | undefined) {
    this.#name = name;
    this.#file = file;
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      // Nobody reads any more, as behind `| head`: what is left is measured for the file alone.
      if (file === undefined) process.exit();
    });
    process.stdout.write(`${hostLine(this.#host)}\n`);
  }

  /** Prints a table: the first column to the left, all others to the right. */
  table(title: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): void {
    const lines = [columns, ...rows];
    const widths = columns.map((_, column) =>
      Math.max(...lines.map((line) => (line[column] ?? "").length)),
    );
    process.stdout.write(`\n${title}\n`);
    for (const line of lines) {
      const cells = widths.map((width, column) => {
        const text = line[column] ?? "";
        return column === 0 ? text.padEnd(width) : text.padStart(width);
      });
      process.stdout.write(`  ${cells.join("  ").trimEnd()}\n`);
    }
  }

  /** Prints a remark. */
  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** Keeps a result: any JSON value, with the fields of its table. */
  keep(result: object): void {
    this.#results.push(result);
  }

  /** Writes the file, if one is wanted. */
  end(): void {
    if (this.#file === undefined) return;
    const document = { benchmark: this.#name, host: this.#host, results: this.#results };
    writeFileSync(this.#file, `${JSON.stringify(document, undefined, 2)}\n`);
    process.stdout.write(`\nWritten to ${this.#file}\n`);
  }
}

/** Returns median and spread: `5.21 ±3%`, the half width of the middle half of the samples. */
export function withSpread(value: Middle, digits: number): string {
  const { median, low, high } = value;
  const percent = Math.round(((high - low) / 2 / median) * 100);
  return `${median.toFixed(digits)} ±${percent}%`;
}
