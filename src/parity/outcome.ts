/**
 * What came of comparing scenarios, for a person and for a program.
 *
 * @module
 */
import type { Difference } from "../scenario/compare.ts";
import { differenceText } from "../scenario/difference-text.ts";
import { ScenarioError } from "../scenario/scenario-error.ts";
import type { FuzzFinding } from "./fuzz.ts";
import { fuzzName } from "./fuzz.ts";
import type { Parity } from "./parity.ts";
import type { Subject } from "./subject.ts";

/** A scenario that differs. */
export interface Differing {
  readonly file: string;
  readonly result: "differs";
  readonly text: string;
  readonly differences: readonly Difference[];
  /** Of a random scenario. */
  readonly seed?: number;
}

/** What came of one scenario. */
export type Outcome =
  | Differing
  | { readonly file: string; readonly result: "same" }
  | { readonly file: string; readonly result: "skipped"; readonly reason: string };

/** Compares a scenario. @throws Error when the bed fails */
export async function compareSubject(parity: Parity, subject: Subject): Promise<Outcome> {
  const { file, text } = subject;
  const reason = parity.obstacle(subject);
  if (reason !== undefined) return { file, result: "skipped", reason };
  try {
    const { differences } = await parity.compare(subject);
    if (differences.length === 0) return { file, result: "same" };
    return { file, result: "differs", text, differences };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return { file, result: "skipped", reason: error.message };
  }
}

/** Returns the outcome of a random scenario that differs. */
export function findingOutcome({ seed, text, played }: FuzzFinding): Differing {
  const { differences } = played;
  return { file: fuzzName(seed), result: "differs", text, differences, seed };
}

/** Returns the lines for a person, without the last line break; the kernel's side is `-`, ours `+`. */
export function outcomeText(outcome: Outcome): string {
  const { file } = outcome;
  if (outcome.result === "same") return `same     ${file}`;
  if (outcome.result === "skipped") return `skipped  ${file}: ${outcome.reason}`;
  const told = differenceText(file, outcome.text, outcome.differences).trimEnd();
  // Who has not the file must see what was played.
  const played = outcome.seed === undefined ? "" : `${indented(outcome.text)}\n`;
  return `differs  ${file}\n${played}${told}`;
}

function indented(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, "    ");
}

/** Returns the value for a program. */
export function outcomeJson(outcome: Outcome): unknown {
  if (outcome.result !== "differs") return outcome;
  const { file, result, seed, text, differences } = outcome;
  const lines = text.split("\n");
  return {
    file,
    result,
    ...(seed !== undefined && { seed, scenario: text }),
    differences: differences.map(({ line, wanted, seen }) => ({
      line,
      statement: lines[line - 1] ?? "",
      kernel: wanted,
      emulator: seen,
    })),
  };
}

/** Returns a file of a scenario that differs: itself, and in comments behind it how. */
export function keptText({ file, text, differences }: Differing, kernel: string): string {
  const told = differenceText(file, text, differences);
  const remarks = `Kernel ${kernel} (-) and emulator (+):\n${told}`;
  return `${text.trimEnd()}\n${remarks.trimEnd().replaceAll(/^/gm, "# ")}\n`;
}
