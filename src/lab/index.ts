/**
 * The entrance to the labs, for whoever shows them: the command line, and the page.
 *
 * Everything it returns is plain data that can become JSON, with texts in every language (`en`, `zh`).
 *
 * ### How to find the running lab
 *
 * A user has one running lab at most. All that is known of it is in one folder, `runFolder(env, uid)`, found by the
 * rule that the control socket is found by: `$UIPVS_LAB_FOLDER`, else `/run/uipvs/lab` for root,
 * `$XDG_RUNTIME_DIR/uipvs/lab` for others. Every process of a lab has that variable, its director too, which runs
 * inside the namespaces of the host `director` (in those of a user namespace uid 0 is the student): so there,
 * and anywhere outside, this is the whole of it:
 *
 *     const folder = runFolder(process.env, process.getuid?.() ?? 0);
 *     runningLab(folder);             // LabState, or undefined when none runs
 *     await checkRunningLab(folder);  // looks at the steps, and returns the new LabState
 *
 * `LabState.socket` is the control socket of the lab's director. It is a file, so it can be connected to from any
 * network namespace, while a port a director opens on its loopback can be reached from its own namespace only.
 *
 * @module
 */
import { checkLab } from "./course/check-lab.ts";
import { allLabs, type Environment } from "./course/find-labs.ts";
import { LabError } from "./course/lab-error.ts";
import { readLab } from "./course/lab-folder.ts";
import { type Entrance, entranceTo } from "./course/lab-hosts.ts";
import { readRunningNote } from "./course/lab-note.ts";
import {
  type LabState,
  type LabSummary,
  type StepState,
  stateOf,
  summaryOf,
} from "./course/lab-state.ts";
import { changeProgress, readProgress } from "./course/progress.ts";

export { findLab } from "./course/find-labs.ts";
export { LabError } from "./course/lab-error.ts";
export { type Fault, faultText } from "./course/lab-folder.ts";
export { type Entrance, shellWords } from "./course/lab-hosts.ts";
export type { LabState, LabSummary, StepState } from "./course/lab-state.ts";
export type { Language, Localized } from "./course/language.ts";
export { lintLab } from "./course/lint-lab.ts";
export { newLab } from "./course/new-lab.ts";
export { rulesLab, writeLab } from "./course/rules-lab.ts";
export type { LeftOut } from "./course/rules-table.ts";
export { runFolder } from "./course/run-folder.ts";
export { type PagePlace, restartLab, type StartedLab, startLab } from "./course/start-lab.ts";
export { stopLab } from "./course/stop-lab.ts";

/**
 * Returns the labs there are, in the order in which they are best done.
 *
 * @throws LabError for one that cannot be read
 */
export function listLabs(env: Environment): readonly LabSummary[] {
  return allLabs(env).map(summaryOf);
}

/**
 * Returns the running lab; steps are as the last check found them.
 *
 * @throws LabError when its folder cannot be read any more
 */
export function runningLab(folder: string): LabState | undefined {
  const note = readRunningNote(folder);
  if (note === undefined) return undefined;
  return stateOf(folder, readLab(note.source), note, readProgress(folder));
}

/**
 * Looks at the steps of the running lab in their order, up to the first that is not passed, and returns the lab as it is
 * then; `undefined` when none runs. Takes as long as its checks do: seconds. Passed steps are not looked at again.
 *
 * @throws LabError when its folder cannot be read any more, or a check cannot be carried out
 */
export async function checkRunningLab(folder: string): Promise<LabState | undefined> {
  const note = readRunningNote(folder);
  if (note === undefined) return undefined;
  const lab = readLab(note.source);
  const progress = await checkLab(folder, lab, note);
  return stateOf(folder, lab, note, progress);
}

/**
 * Asks for the next hint of the first step that is not passed.
 *
 * @returns the step, whose `hintsShown` is the number of the hint now; `undefined` when all are passed, or no lab runs
 */
export function nextHint(folder: string): StepState | undefined {
  const step = runningLab(folder)?.steps.find(({ state }) => state !== "passed");
  if (step === undefined) return undefined;
  const hintsShown = Math.min(step.hintsShown + 1, step.hints.length);
  changeProgress(folder, (now) => ({ ...now, hints: { ...now.hints, [step.id]: hintsShown } }));
  return { ...step, hintsShown };
}

/**
 * Returns how a host of the running lab is entered.
 *
 * @param env the environment of whoever enters it
 * @throws LabError when no lab runs, or it has no host of that name
 */
export function entranceOf(folder: string, host: string, env: Environment): Entrance {
  const note = readRunningNote(folder);
  if (note === undefined) throw new LabError("No lab is running");
  return entranceTo(folder, note, host, env);
}
