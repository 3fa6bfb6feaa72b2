/**
 * Looks at the steps of a running lab, in their order, up to the first that is not passed.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Milliseconds } from "../../base/clock.ts";
import type { Expectation } from "../../lvs/expectation.ts";
import { judgeEntries, judgeFigures } from "../../lvs/judge-listings.ts";
import { isAsExpected, outputLines } from "../../lvs/output.ts";
import type { Script } from "../../lvs/script.ts";
import { LabError } from "./lab-error.ts";
import type { Lab } from "./lab-folder.ts";
import { DIRECTOR, runOnHost } from "./lab-hosts.ts";
import type { LabNote } from "./lab-note.ts";
import type { LabCheck, LabStep } from "./lab-schema.ts";
import { changeProgress, type Progress, readProgress } from "./progress.ts";
import { readScenario, rehearse } from "./rehearse.ts";
import { labSocket } from "./run-folder.ts";

/** Lines of a program's output a student is shown. */
const SHOWN = 6;

/** What the estimator gathers, and how long it takes at the most until all that happened is in it. */
const COUNTERS = ["conns", "inpkts", "outpkts", "inbytes", "outbytes"] as const;
const GATHERED: Milliseconds = 2_500;

/** Looks at steps that are not passed yet, notes what came of it, and returns the progress. */
export async function checkLab(folder: string, lab: Lab, note: LabNote): Promise<Progress> {
  const { passed } = readProgress(folder);
  for (const step of lab.plan.steps) {
    if (passed[step.id] !== undefined) continue;
    const missing = await missingOf(step, folder, note);
    if (missing !== undefined) {
      const remark = { step: step.id, ...missing };
      return changeProgress(folder, (now) => ({ ...now, remark }));
    }
    changeProgress(folder, ({ remark: _, ...now }) => ({
      ...now,
      passed: { ...now.passed, [step.id]: new Date().toISOString() },
    }));
  }
  return readProgress(folder);
}

/** What is missing of a step: what the lab says about it, and what was found. */
type Missing = Omit<NonNullable<Progress["remark"]>, "step">;

async function missingOf(
  step: LabStep,
  folder: string,
  note: LabNote,
): Promise<Missing | undefined> {
  for (const check of step.checks) {
    const detail = await detailOf(check, folder, note);
    if (detail !== undefined) return { text: check.otherwise, detail };
  }
  return undefined;
}

/** Returns what was found where a check fails, or `undefined` where it passes. */
async function detailOf(
  check: LabCheck,
  folder: string,
  note: LabNote,
): Promise<string | undefined> {
  if ("run" in check) {
    const { status, stdout, stderr } = await runOnHost(folder, note, check.on, check.run);
    const said = firstLines(stdout + stderr);
    if (status !== 0) return said;
    const fits = check.prints === undefined || isAsExpected(trimmed(check.prints), trimmed(stdout));
    return fits ? undefined : said;
  }
  return "expect" in check
    ? unmetOf(check.expect, folder, note)
    : rehearse(check.lvs, labSocket(folder));
}

/** Returns lines without the blanks around them: in YAML those in front are easily lost. */
function trimmed(text: string): readonly string[] {
  return outputLines(text).map((line) => line.trim());
}

function firstLines(text: string): string {
  const lines = text.trim().split("\n");
  return lines.length > SHOWN ? [...lines.slice(0, SHOWN), "…"].join("\n") : lines.join("\n");
}

/** Looks at listings of the running director. */
async function unmetOf(
  expectations: readonly string[],
  folder: string,
  note: LabNote,
): Promise<string | undefined> {
  const list = async (args: readonly string[]) =>
    (await onDirector(folder, note, `ipvsadm ${args.join(" ")}`)).stdout;
  const { steps } = readExpectations(expectations);
  // Counters as they were before the last packets may be those wanted, by accident.
  const counted = ({ action }: (typeof steps)[number]) =>
    action.kind === "expect" && asksForCounters(action.expectation);
  if (steps.some(counted)) await pause(GATHERED);
  for (const { action, text } of steps) {
    if (action.kind !== "expect") continue;
    const { expectation } = action;
    const wrong =
      expectation.type === "entries"
        ? await judgeEntries(expectation, list)
        : expectation.type === "figures" && (await judgeFigures(expectation, list));
    if (wrong) return `${text}: ${wrong}`;
  }
  return undefined;
}

function asksForCounters(expectation: Expectation): boolean {
  return expectation.type === "figures" && COUNTERS.some((name) => name in expectation.figures);
}

/** Reads expectations that stand in a lab without the word. @throws ScenarioError for one that says nothing known */
export function readExpectations(lines: readonly string[]): Script {
  return readScenario(lines.map((line) => `expect ${line}`).join("\n"));
}

async function onDirector(folder: string, note: LabNote, line: string) {
  const result = await runOnHost(folder, note, DIRECTOR, line);
  if (result.status === 0) return result;
  const said = firstLines(result.stderr);
  throw new LabError(`Cannot ask the director of the lab with "${line}": ${said}`);
}
