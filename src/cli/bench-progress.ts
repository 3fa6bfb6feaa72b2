/**
 * How far a benchmark is: a bar with rate and time left, on a terminal only.
 *
 * @module
 */
import { Presets, SingleBar } from "cli-progress";

/** The progress of one benchmark. */
export class BenchProgress {
  readonly #bar: SingleBar | undefined;
  readonly #begin = performance.now();
  #done = 0;

  /**
   * @param total connections of all runs, or whatever else is counted
   * @param unit what that is
   */
  constructor(total: number, unit: string) {
    if (process.stderr.isTTY !== true) return;
    this.#bar = new SingleBar(
      {
        format: `{bar} {percentage} % of {total} ${unit}, {rate}/s, {eta_formatted} left`,
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        etaBuffer: 100,
      },
      Presets.shades_classic,
    );
    this.#bar.start(total, 0, { rate: "-" });
  }

  /** Tells that more of them are done. */
  add(done: number): void {
    this.#done += done;
    const seconds = (performance.now() - this.#begin) / 1000;
    this.#bar?.update(this.#done, { rate: Math.round(this.#done / seconds) });
  }

  /** Removes the bar. */
  end(): void {
    this.#bar?.stop();
  }
}
