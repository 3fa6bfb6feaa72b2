/**
 * What `uipvs diff` and `uipvs apply` share: a file, a table, and the way from one to the other.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { IpvsError } from "../base/error.ts";
import type { Backend } from "../control/backend.ts";
import type { BackendChoice } from "../control/backend-choice.ts";
import { failureText, systemReason, unanswered } from "../ipvsadm/messages.ts";
import { Rehearsal } from "../ipvsadm/rehearsal.ts";
import { systemWorld } from "../ipvsadm/system-world.ts";
import { remarkText } from "../keepalived/remark.ts";
import { plan, type Step } from "../rules/plan.ts";
import { readWanted } from "../rules/read-wanted.ts";
import { CommandFailure, EXIT, remark } from "./terminal.ts";

/** Part of the help of both commands. */
export const RULES_HELP = `
RULES is a file of commands as \`uipvsadm -S -n' writes them, with comments and
thresholds (-x, -y) if need be, a JSON document as \`uipvsadm -L --json' writes it,
or a keepalived.conf; "-" is standard input.`;

/** Name of standard input among files. */
export const STANDARD_INPUT = "-";

/** A file compared with a table. */
export interface Comparison {
  /** The file, as messages name it. */
  readonly path: string;
  /** What brings the table to the file. */
  readonly steps: readonly Step[];
  /** The table as it is, to rehearse the steps on. */
  readonly table: Rehearsal;
  /** Whose table it is. */
  readonly backend: Backend;
}

/**
 * Compares a file with the table of whom `choice` names, and hands both to `use`.
 *
 * @param command the sub-command, which remarks on what a keepalived.conf has that a table has not
 * @param prune whether what the file does not mention is to go; `if complete` where the file holds all
 * @throws CommandFailure with status 2 when nobody answers
 * @throws the error of a file that cannot be read or understood
 */
export async function compareRules<Result>(
  rules: string,
  choice: BackendChoice,
  prune: boolean | "if complete",
  command: Command,
  use: (comparison: Comparison) => Promise<Result>,
): Promise<Result> {
  const world = systemWorld("ipvsadm", choice);
  const { path, text } = await readText(rules, world.stdin);
  const backend = await answering(choice, () => world.openBackend());
  try {
    const table = await answering(choice, () => Rehearsal.of(backend));
    const wanted = await readWanted(path, text, table, {
      onRemark: (each) => remark(command, remarkText(each)),
    });
    if (prune === true && !wanted.complete) {
      throw new CommandFailure(
        `Cannot prune to "${path}": it holds but a part of a table ("complete" is false)`,
      );
    }
    const steps = await plan(table, wanted, prune === "if complete" ? wanted.complete : prune);
    return await use({ path, steps, table, backend });
  } finally {
    await backend.close();
  }
}

async function answering<Answer>(
  choice: BackendChoice,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof IpvsError) throw new CommandFailure(failureText("list", error));
    throw new CommandFailure(unanswered(choice, error), EXIT.usage);
  }
}

/**
 * Returns what a file says, with the name messages have for it.
 *
 * @param rules its path; `-` is standard input
 * @throws Error when it cannot be read
 */
export async function readText(
  rules: string,
  stdin: AsyncIterable<string | Uint8Array> = process.stdin,
): Promise<{ readonly path: string; readonly text: string }> {
  if (rules === STANDARD_INPUT) return { path: "standard input", text: await textOf(stdin) };
  return { path: rules, text: await fileText(rules) };
}

async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new Error(`Cannot read "${path}": ${systemReason(error)}`);
  }
}

async function textOf(input: AsyncIterable<string | Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of input) {
    text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
