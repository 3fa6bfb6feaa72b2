/**
 * Outputs as they came, written into the text of a script.
 *
 * @module
 */
import type { OutputChange } from "./run-script.ts";

/** Returns the text of a script with these outputs in place of those expected. */
export function withRecordedOutput(text: string, changes: readonly OutputChange[]): string {
  const lines = text.split("\n");
  // From the last to the first, so that the places of those before stay what they are.
  const ordered = changes.toSorted((a, b) => b.expected.firstLine - a.expected.firstLine);
  for (const { expected, lines: came } of ordered) {
    const written = came.map((line) => `${expected.indent} ${line}`.trimEnd());
    lines.splice(expected.firstLine - 1, expected.lines.length, ...written);
  }
  return lines.join("\n");
}
