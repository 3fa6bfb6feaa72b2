/**
 * Gives the commands of a plan: all of them, or in effect none.
 *
 * @module
 */
import type { Backend } from "../control/backend.ts";
import { obey } from "../ipvsadm/commands/change.ts";
import { commandText } from "../ipvsadm/format/commands.ts";
import { failureText } from "../ipvsadm/messages.ts";
import type { Step } from "./plan.ts";

/** A plan that could not be carried out. */
export class PlanError extends Error {
  override readonly name = "PlanError";
  /** Whether the table is as it was before; if not, a part of the plan stays. */
  readonly undone: boolean;

  constructor(message: string, undone: boolean) {
    super(message);
    this.undone = undone;
  }
}

/**
 * Gives the commands, one after the other. Where one is refused, those before it are taken back in
 * reverse: what was removed comes back with its settings, its counters at 0.
 *
 * @param path the file the plan is for, for messages
 * @throws PlanError for the first command that is refused
 */
export async function carryOut(
  path: string,
  steps: readonly Step[],
  backend: Backend,
): Promise<void> {
  const done: Step[] = [];
  for (const step of steps) {
    try {
      await obey(step.change, backend);
      done.push(step);
    } catch (error) {
      const fault = await takeBack(done, backend);
      const sentence = refusalOf(path, step, error);
      throw fault === undefined
        ? new PlanError(`${sentence}; the table is as it was`, true)
        : new PlanError(`${sentence}; the table is left half changed: ${fault}`, false);
    }
  }
}

/**
 * Gives the commands to a table that only rehearses them.
 *
 * @throws PlanError for the first command it refuses
 */
export async function rehearse(
  path: string,
  steps: readonly Step[],
  table: Backend,
): Promise<void> {
  for (const step of steps) {
    try {
      await obey(step.change, table);
    } catch (error) {
      throw new PlanError(`${refusalOf(path, step, error)}; nothing was changed`, true);
    }
  }
}

function refusalOf(path: string, { change, place }: Step, error: unknown): string {
  const told = place ?? `to remove what it does not mention, "${commandText(change)}"`;
  return `Cannot apply "${path}", ${told}: ${failureText(change.verb, error)}`;
}

/** Takes steps back, the last first; returns the first fault, having gone on after it. */
async function takeBack(done: readonly Step[], backend: Backend): Promise<string | undefined> {
  let fault: string | undefined;
  for (const change of done.toReversed().flatMap((step) => step.undo)) {
    try {
      await obey(change, backend);
    } catch (error) {
      fault ??= `"${commandText(change)}" is refused with "${failureText(change.verb, error)}"`;
    }
  }
  return fault;
}
