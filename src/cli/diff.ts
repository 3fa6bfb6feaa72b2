/**
 * `uipvs diff`: what separates the running table from a file.
 *
 * @module
 */
import type { Command } from "commander";
import { sentenceOf } from "../base/sentence.ts";
import type { BackendChoice } from "../control/backend-choice.ts";
import { effectLine } from "../ipvsadm/format/commands.ts";
import { diffJson } from "../rules/diff-json.ts";
import { addBackendOptions, type BackendOptions, chosenBackend } from "./backend-option.ts";
import { compareRules, RULES_HELP } from "./rules-plan.ts";
import { CommandFailure, say } from "./terminal.ts";

/** Exit statuses, as those of diff(1). */
const STATUS_DIFFERS = 1;
const STATUS_TROUBLE = 2;

const HELP = `${RULES_HELP}

Each line is a command of ipvsadm(8) behind a sign: + for what the file has and the
table has not, - for what only the table has, ~ for what is set differently. Together
and in their order they bring the table to the file.

Exit status:
  0  there is no difference
  1  there are differences
  2  the file cannot be understood, nobody answers, or the command line is wrong`;

/** Adds `diff` to the program. */
export function register(program: Command): void {
  const command = program
    .command("diff")
    .summary("show what separates the running table from a file")
    .description("Show what separates the running table from a file of rules.")
    .argument("<rules>", "file of rules, or - for standard input")
    .option("--json", "as JSON")
    .addHelpText("after", HELP)
    .action(async (rules: string, options: BackendOptions & { readonly json?: true }) => {
      const steps = await stepsTo(rules, chosenBackend(options), command);
      if (options.json) say(command, JSON.stringify(diffJson(steps), undefined, 2));
      else for (const step of steps) say(command, effectLine(step).trimEnd());
      if (steps.length > 0) throw new CommandFailure("", STATUS_DIFFERS);
    });
  addBackendOptions(command);
}

async function stepsTo(rules: string, choice: BackendChoice, command: Command) {
  try {
    return await compareRules(rules, choice, "if complete", command, async ({ steps }) => steps);
  } catch (error) {
    throw new CommandFailure(sentenceOf(error), STATUS_TROUBLE);
  }
}
