/**
 * `uipvs apply`: brings the running table to a file, as a whole or not at all.
 *
 * @module
 */
import type { Command } from "commander";
import { effectLine } from "../ipvsadm/format/commands.ts";
import { carryOut, PlanError, rehearse } from "../rules/carry-out.ts";
import { addBackendOptions, type BackendOptions, chosenBackend } from "./backend-option.ts";
import { type Comparison, compareRules, RULES_HELP } from "./rules-plan.ts";
import { CommandFailure, EXIT, say } from "./terminal.ts";

/** Exit status of a table that is neither what it was nor what it was to be. */
const STATUS_HALF_CHANGED = 3;

const HELP = `${RULES_HELP}

What is as the file has it is left alone, counters and connections included; what is
set differently is edited. The commands are checked against the table before the first
is given, and should one be refused all the same, those before it are taken back.

Exit status:
  0  the table is as the file has it
  1  the file cannot be understood, or is refused: the table is as it was
  2  nobody answers, or the command line is wrong
  3  a command was refused, and so was taking back those before it`;

interface Options extends BackendOptions {
  readonly prune?: boolean;
  readonly dryRun?: boolean;
}

/** Adds `apply` to the program. */
export function register(program: Command): void {
  const command = program
    .command("apply")
    .summary("bring the running table to a file, as a whole or not at all")
    .description("Bring the running table to a file of rules, as a whole or not at all.")
    .argument("<rules>", "file of rules, or - for standard input")
    .option("--prune", "remove services and real servers the file does not mention")
    .option("--dry-run", "only check, and show the commands that would be given")
    .addHelpText("after", HELP)
    .action(async (rules: string, options: Options) => {
      const { prune = false, dryRun = false } = options;
      const steps = await compareRules(
        rules,
        chosenBackend(options),
        prune,
        command,
        (comparison) => obeyed(comparison, dryRun),
      );
      if (dryRun) for (const step of steps) say(command, effectLine(step).trimEnd());
    });
  addBackendOptions(command);
}

async function obeyed({ path, steps, table, backend }: Comparison, dryRun: boolean) {
  try {
    await rehearse(path, steps, table);
    if (!dryRun) await carryOut(path, steps, backend);
    return steps;
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    throw new CommandFailure(error.message, error.undone ? EXIT.failure : STATUS_HALF_CHANGED);
  }
}
