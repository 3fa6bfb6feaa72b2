/**
 * A lab as it is shown: plain objects that can become JSON, with every text in every language.
 *
 * @module
 */
import type { Lab } from "./lab-folder.ts";
import type { LabNote } from "./lab-note.ts";
import type { Localized } from "./language.ts";
import type { Progress } from "./progress.ts";
import { labSocket } from "./run-folder.ts";

/** A lab in a list. */
export interface LabSummary {
  readonly name: string;
  readonly title: Localized;
  /** What it is about, in a line. */
  readonly summary: Localized;
  /** How long it takes. */
  readonly minutes: number;
  readonly steps: number;
}

/** A step of a running lab. */
export interface StepState {
  readonly id: string;
  readonly title: Localized;
  /**
   * `passed` once a check has found it so; `failed` for the first step that is not, once it was looked at;
   * `open` for those behind it, which are not looked at yet.
   */
  readonly state: "passed" | "failed" | "open";
  /** When it was found passed, as ISO 8601. */
  readonly passedAt?: string;
  /** What is missing, of a failed step. */
  readonly remark?: Localized;
  /** What a program said about that; may be empty. */
  readonly detail?: string;
  /** From a nudge to the solution. */
  readonly hints: readonly Localized[];
  /** How many of them the student has asked for. */
  readonly hintsShown: number;
}

/** A running lab. */
export interface LabState extends Omit<LabSummary, "steps"> {
  /** Markdown. Code blocks `sh HOST` are commands on a host, `sh` alone on the student's own terminal. */
  readonly text: Localized;
  /** Folder the lab was read from. */
  readonly source: string;
  readonly kind: LabNote["kind"];
  /** When everything stood, as ISO 8601. */
  readonly startedAt: string;
  /** Names of the hosts, in the order of `lab.yaml`; `enter NAME` is a shell on one. */
  readonly hosts: readonly string[];
  /** Control socket of the lab's director. */
  readonly socket: string;
  readonly steps: readonly StepState[];
}

/** Returns a lab as a list has it. */
export function summaryOf({ name, plan }: Lab): LabSummary {
  const { title, summary, minutes, steps } = plan;
  return { name, title, summary, minutes, steps: steps.length };
}

/** Returns a running lab as it is shown. */
export function stateOf(folder: string, lab: Lab, note: LabNote, progress: Progress): LabState {
  return {
    ...summaryOf(lab),
    text: lab.text,
    source: note.source,
    kind: note.kind,
    startedAt: note.startedAt,
    hosts: note.hosts.map(({ name }) => name),
    socket: labSocket(folder),
    steps: lab.plan.steps.map(({ id, title, hints }): StepState => {
      const passedAt = progress.passed[id];
      const common = { id, title, hints, hintsShown: progress.hints[id] ?? 0 };
      if (passedAt !== undefined) return { ...common, state: "passed", passedAt };
      const { remark } = progress;
      if (remark?.step !== id) return { ...common, state: "open" };
      return { ...common, state: "failed", remark: remark.text, detail: remark.detail };
    }),
  };
}
