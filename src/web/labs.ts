/**
 * The running lab, as the page shows it.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";
import {
  checkRunningLab,
  LabError,
  type LabState,
  listLabs,
  nextHint,
  runFolder,
  runningLab,
} from "../lab/index.ts";
import type { LabEntry, LabView, RunningLab } from "./api.ts";
import { BadRequest } from "./requests.ts";

/** How long a list of labs holds. */
const LIST_AGE: Milliseconds = 60_000;

/** The labs of this process's user. */
export class Labs {
  readonly #folder = runFolder(process.env, process.getuid?.() ?? 0);
  /** Labs there are, and when they were looked at. */
  #listed: { readonly labs: readonly LabEntry[]; readonly at: Milliseconds } | undefined;
  #checking: Promise<LabState | undefined> | undefined;

  /** @throws BadRequest when a lab cannot be read */
  view(): LabView {
    return understandably(() => ({
      running: shown(runningLab(this.#folder)),
      labs: this.#labs(),
    }));
  }

  #labs(): readonly LabEntry[] {
    const now = performance.now();
    if (this.#listed === undefined || now - this.#listed.at > LIST_AGE) {
      this.#listed = { labs: listLabs(process.env), at: now };
    }
    return this.#listed.labs;
  }

  /** Looks at the steps; who asks meanwhile gets the same answer. */
  async check(): Promise<LabView> {
    this.#checking ??= checkRunningLab(this.#folder).finally(() => {
      this.#checking = undefined;
    });
    try {
      await this.#checking;
    } catch (error) {
      throw error instanceof LabError ? new BadRequest(error.message) : error;
    }
    return this.view();
  }

  /** Asks for the next hint. */
  hint(): LabView {
    understandably(() => nextHint(this.#folder));
    return this.view();
  }
}

/** Hints that were not asked for stay here. */
function shown(state: LabState | undefined): RunningLab | null {
  if (state === undefined) return null;
  const steps = state.steps.map((step) => ({
    ...step,
    hints: step.hints.slice(0, step.hintsShown),
    hintsLeft: step.hints.length - step.hintsShown,
  }));
  return { ...state, steps };
}

function understandably<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw error instanceof LabError ? new BadRequest(error.message) : error;
  }
}
