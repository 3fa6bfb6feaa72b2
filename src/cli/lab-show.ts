/**
 * Labs and how far a student is, as text for a terminal.
 *
 * @module
 */
import stringWidth from "string-width";
import type { LabState, LabSummary, Language, StepState } from "../lab/index.ts";
import { fillLines } from "./fill-lines.ts";
import { LAB_WORDS } from "./lab-words.ts";
import { type Rendering, renderMarkdown } from "./render-markdown.ts";

/** Where and for whom it is shown. */
export interface Showing extends Rendering {
  readonly language: Language;
}

const MARKS: Readonly<Record<StepState["state"], string>> = { passed: "✓", failed: "✗", open: "·" };

/** Returns the labs there are, a line each and one about it. */
export function listText(
  labs: readonly LabSummary[],
  running: string | undefined,
  { language, paint }: Showing,
): string {
  const words = LAB_WORDS[language];
  const width = Math.max(...labs.map(({ name }) => name.length));
  const lines = labs.flatMap(({ name, title, summary, minutes }) => {
    const state = name === running ? `  ${paint.chosen(words.running)}` : "";
    const head = `${name.padEnd(width)}  ${paint.bold(title[language])}`;
    return [
      `${head}  ${paint.faint(words.minutes(minutes))}${state}`,
      `${" ".repeat(width)}  ${summary[language]}`,
    ];
  });
  return lines.map((line) => `${line}\n`).join("");
}

/** Returns the text of a lab, and how to go on. */
export function textText(lab: LabState, showing: Showing): string {
  const { language, paint } = showing;
  const words = LAB_WORDS[language];
  const widest = Math.max(...words.directions.map(([command]) => command.length));
  const lines = [
    "",
    paint.faint("─".repeat(showing.width)),
    `${words.hosts(lab.hosts)}`,
    ...words.directions.map(
      ([command, does]) => `  ${paint.bold(command.padEnd(widest))}  ${does}`,
    ),
  ];
  return renderMarkdown(lab.text[language], showing) + lines.map((line) => `${line}\n`).join("");
}

/** Returns how far a student is. */
export function checkText(lab: LabState, showing: Showing): string {
  const { language, paint } = showing;
  const words = LAB_WORDS[language];
  const passed = lab.steps.filter(({ state }) => state === "passed").length;
  const lines = [
    paint.bold(lab.title[language]),
    ...lab.steps.flatMap((step, index) => stepLines(step, index, showing)),
    `${words.tally(passed, lab.steps.length)}${passed === lab.steps.length ? words.done : words.goOn}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function stepLines(step: StepState, index: number, showing: Showing): readonly string[] {
  const { language, paint } = showing;
  const { title, state, remark, detail } = step;
  const look = { passed: paint.chosen, failed: paint.bold, open: paint.faint }[state];
  const head = look(`  ${MARKS[state]} ${index + 1} ${title[language]}`);
  if (state !== "failed") return [head];
  const indent = "      ";
  const width = showing.width - indent.length;
  return [
    head,
    ...filled(remark?.[language] ?? "", width).map((line) => indent + line),
    ...(detail ?? "")
      .split("\n")
      .filter((line) => line !== "")
      // What is in columns is short enough to stay as it is.
      .flatMap((line) => (stringWidth(line) > width - 2 ? filled(line, width - 2) : [line]))
      .map((line) => paint.faint(`${indent}| ${line}`)),
  ];
}

/** Returns a hint. */
export function hintText(step: StepState, number: number, showing: Showing): string {
  const { language, paint } = showing;
  const words = LAB_WORDS[language];
  const head = words.hint(number, step.hints.length, step.title[language]);
  const more = number < step.hints.length ? `\n${paint.faint(words.moreHints)}\n` : "";
  const hint = step.hints[number - 1]![language];
  return `${paint.bold(head)}\n${renderMarkdown(hint, showing)}${more}`;
}

function filled(text: string, width: number): readonly string[] {
  return fillLines([{ text, paint: (part) => part }], width);
}
