/**
 * Results as TAP, version 14 of the Test Anything Protocol: a test point a file.
 *
 * @module
 */
import { Parser } from "tap-parser";
import type { FileResult } from "./test-file.ts";

/** Returns results as TAP. */
export function tapText(results: readonly FileResult[]): string {
  return Parser.stringify([
    ["version", 14],
    ...results.map((result, index) => ["assert", testPoint(result, index + 1)]),
    ["plan", { start: 1, end: results.length }],
  ] as Parameters<typeof Parser.stringify>[0]);
}

function testPoint({ file, outcome, duration, failures, reason }: FileResult, id: number) {
  const base = { id, name: file, time: Math.max(1, Math.round(duration)) };
  switch (outcome) {
    case "passed":
      return { ...base, ok: true };
    case "skipped":
      return { ...base, ok: true, skip: reason };
    case "broken":
      return { ...base, ok: false, diag: { message: reason } };
    case "failed":
      return { ...base, ok: false, diag: { failures: failures.map(diagnosis) } };
  }
}

function diagnosis({ place, text, message, diff }: FileResult["failures"][number]) {
  return {
    at: `${place.file}:${place.line}`,
    line: text,
    message,
    ...(diff !== undefined && { diff: diff.map((each) => `${each.sign} ${each.text}`).join("\n") }),
  };
}
