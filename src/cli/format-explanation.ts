/**
 * The text of `uipvs explain`, and of the steps of `uipvs trace`.
 *
 * @module
 */
import type {
  CandidateFigures,
  Explanation,
  Outcome,
  Step,
} from "../engine/explain/explanation.ts";
import {
  answerText,
  endText,
  figureName,
  figureText,
  METHOD_WORDS,
  packetText,
  STANDING_WORDS,
  sentText,
  serviceText,
  stepWords,
} from "../explanation/index.ts";
import { type Paint, paint } from "./terminal-color.ts";

/** Columns the name of a step takes. */
const NAME_WIDTH = 13;

/** Returns the lines of an explanation, without the last newline. */
export function explanationText(
  explanation: Explanation,
  { color }: { readonly color: boolean },
): string {
  const paints = paint(color);
  const { packet, steps, outcome } = explanation;
  return [
    paints.bold(packetText(packet)),
    "",
    ...stepLines(steps, paints),
    "",
    ...outcomeLines(outcome, paints),
  ].join("\n");
}

/** Returns the lines of all steps. */
export function stepLines(steps: readonly Step[], paints: Paint): readonly string[] {
  return steps.flatMap((step) => {
    const [name, first, ...more] = stepWords(step);
    const head = `${name.padEnd(NAME_WIDTH)}${first}`;
    return [
      head,
      ...more.map((line) => " ".repeat(NAME_WIDTH) + line),
      ...(step.step === "scheduler" ? candidateLines(step.candidates, paints) : []),
      paints.faint(`${" ".repeat(NAME_WIDTH)}${step.rule}`),
    ];
  });
}

/** Returns what it comes to. */
function outcomeLines(outcome: Outcome, paints: Paint): readonly string[] {
  const { verdict, reason, service, server, method, sent, answer, byChance } = outcome;
  const lines: [name: string, text: string][] = [];
  if (byChance) lines.push(["Verdict", "goes to the real server that chance decides"]);
  else lines.push(["Verdict", paints.bold(`${verdict} (${reason})`)]);
  if (service !== null) lines.push(["Service", serviceText(service)]);
  if (server !== null) {
    const by = method === null ? "" : `, ${METHOD_WORDS[method]}`;
    lines.push(["Server", paints.chosen(`${endText(server)}${by}`)]);
  }
  if (sent !== null) lines.push([sent.nextHop === null ? "Stays" : "Sends", sentText(sent)]);
  if (answer !== null) lines.push(["Answers", answerText(answer)]);
  return lines.map(([name, text]) => name.padEnd(NAME_WIDTH) + text);
}

/** A column of a table; numbers stand to the right. */
interface Column {
  readonly head: string;
  readonly of: (candidate: CandidateFigures) => string;
  readonly left?: boolean;
}

const COLUMNS: readonly Column[] = [
  { head: "Weight", of: ({ weight }) => String(weight) },
  { head: "Active", of: ({ activeConnections }) => String(activeConnections) },
  { head: "Inactive", of: ({ inactiveConnections }) => String(inactiveConnections) },
  { head: "Overhead", of: ({ overhead }) => String(overhead) },
];

/** Returns a table of the real servers, in the order the scheduler looks at them. */
function candidateLines(candidates: readonly CandidateFigures[], paints: Paint): readonly string[] {
  if (candidates.length === 0) return [];
  const names = [...new Set(candidates.flatMap(({ figures }) => Object.keys(figures)))];
  const columns: readonly Column[] = [
    { head: "Server", of: endText, left: true },
    ...COLUMNS,
    ...names.map((name) => ({
      head: figureName(name),
      of: ({ figures }: CandidateFigures) => figureText(figures[name]),
    })),
    { head: "", left: true, of: ({ standing }: CandidateFigures) => STANDING_WORDS[standing] },
  ];
  const rows = [
    columns.map(({ head }) => head),
    ...candidates.map((each) => columns.map(({ of }) => of(each))),
  ];
  const widths = columns.map((_column, index) =>
    Math.max(...rows.map((row) => row[index]!.length)),
  );
  return rows.map((row, index) => {
    const chosen = candidates[index - 1]?.standing === "chosen";
    const cells = row.map((cell, column) => {
      const width = widths[column]!;
      return columns[column]!.left ? cell.padEnd(width) : cell.padStart(width);
    });
    const line = `  ${chosen ? ">" : " "} ${cells.join("  ")}`.trimEnd();
    return chosen ? paints.chosen(line) : line;
  });
}
