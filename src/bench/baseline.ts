/**
 * Compares a benchmark with an earlier one, to find what got worse.
 *
 * @module
 */
import { FIGURES, formatValue } from "./figures.ts";
import type { BenchDocument } from "./report/document.ts";
import { rowName } from "./report/findings.ts";
import { summarize } from "./summary.ts";

/** A figure that is worse than it was. */
export interface Regression {
  readonly row: string;
  readonly figure: string;
  readonly before: string;
  readonly now: string;
}

/**
 * Returns what is worse than in `baseline` by more than a part `tolerance` of it, and by more than the
 * figure's own slack. Rows and figures only one of them has do not count, nor do times of this machine.
 */
export function regressions(
  baseline: BenchDocument,
  now: BenchDocument,
  tolerance: number,
): readonly Regression[] {
  const before = new Map(summarize(baseline.results).map((row) => [rowName(row), row]));
  return summarize(now.results).flatMap((row) =>
    FIGURES.flatMap(({ key, title, unit, better, slack }): Regression[] => {
      const old = before.get(rowName(row))?.figures[key]?.mean ?? null;
      const value = row.figures[key]?.mean ?? null;
      if (better === undefined || unit === "ns" || old === null || value === null) return [];
      const worse = better === "lower" ? value - old : old - value;
      if (worse <= Math.max(slack, tolerance * Math.abs(old))) return [];
      return [
        {
          row: rowName(row),
          figure: title,
          before: formatValue(old, unit),
          now: formatValue(value, unit),
        },
      ];
    }),
  );
}
