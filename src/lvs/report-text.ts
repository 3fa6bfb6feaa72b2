/**
 * Results for people: what failed, where, and what came instead.
 *
 * @module
 */
import type { ScriptFailure } from "./run-script.ts";
import type { FileResult } from "./test-file.ts";

const MARKS = { passed: "ok", failed: "FAILED", skipped: "skipped", broken: "BROKEN" } as const;

/** Returns what is to be said of a file, each line with its line break. */
export function fileText(result: FileResult): string {
  const { file, outcome, reason, recorded } = result;
  const recording = recorded === 0 ? "" : `, ${counted(recorded, "output")} recorded`;
  const why = reason === undefined ? "" : `: ${reason}`;
  return `${MARKS[outcome]}  ${file}${recording}${why}\n${result.failures.map(failureText).join("")}`;
}

/** Returns a failure: `FILE:LINE: what is wrong`, the line, and both outputs where they differ. */
export function failureText({ place, text, message, diff = [] }: ScriptFailure): string {
  const lines = [`  ${place.file}:${place.line}: ${message}`, `      ${text}`];
  for (const { sign, text: line } of diff) lines.push(`    ${sign} | ${line}`.trimEnd());
  if (diff.length > 0) lines.push("      (- expected, + came)");
  return lines.map((line) => `${line}\n`).join("");
}

/** Returns how many files came out how. */
export function summaryText(results: readonly FileResult[]): string {
  const parts = (["passed", "failed", "broken", "skipped"] as const).flatMap((outcome) => {
    const count = results.filter((result) => result.outcome === outcome).length;
    return count > 0 || outcome === "passed" ? [`${count} ${outcome}`] : [];
  });
  const judged = results.reduce((sum, result) => sum + result.judged, 0);
  const seconds = results.reduce((sum, { duration }) => sum + duration, 0) / 1000;
  return `${parts.join(", ")}; ${counted(judged, "expectation")} in ${seconds.toFixed(2)} s\n`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
