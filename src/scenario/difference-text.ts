/**
 * What differs, for a person: the line of the scenario, and what was wanted and seen.
 *
 * @module
 */
import type { Difference } from "./compare.ts";
import { diffLines } from "./line-diff.ts";

/** Differences shown of one scenario. */
const SHOWN = 5;
/** Characters of a line that are shown. */
const WIDTH = 400;

/** Returns the text about a scenario that differs. */
export function differenceText(
  file: string,
  scenarioText: string,
  differences: readonly Difference[],
): string {
  const scenario = scenarioText.split("\n");
  const parts = differences.slice(0, SHOWN).map(({ line, wanted, seen }) => {
    const told = diffLines(wanted, seen).map(
      ({ sign, text }) => `  ${sign} ${text.slice(0, WIDTH)}`,
    );
    return [`${file}:${line}: ${scenario[line - 1]}`, ...told].join("\n");
  });
  const left = differences.length - parts.length;
  if (left > 0) parts.push(`${file}: ${left} more`);
  return `${parts.join("\n")}\n`;
}
