/**
 * `uipvs import`: a configuration from where it lives, as rules.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { commandText } from "../ipvsadm/format/commands.ts";
import { Rehearsal } from "../ipvsadm/rehearsal.ts";
import { type Remark, remarkText } from "../keepalived/remark.ts";
import { rehearse } from "../rules/carry-out.ts";
import { importJson, wantedJson } from "../rules/import-json.ts";
import { plan } from "../rules/plan.ts";
import { readWanted } from "../rules/read-wanted.ts";
import { readText } from "./rules-plan.ts";
import { CommandFailure, EXIT, remark, say, sentence } from "./terminal.ts";

const HELP = `
FILE is a keepalived.conf, with what it includes, or a file of rules in any form \`uipvs
apply' takes; "-" is standard input.

The table is the one keepalived makes while all real servers are healthy. What of the
file is not in it, or otherwise than written, is said on the standard error, line by
line: health checks, scripts, VRRP, and what keepalived itself puts right.

Exit status:
  0  the rules were written
  2  the file cannot be read or understood, or a director refuses the table: nothing was
     written; or the command line is wrong`;

interface Options {
  readonly to: "rules" | "json";
  readonly json?: true;
  readonly configId?: string;
  readonly quiet?: true;
}

/** Adds `import` to the program. */
export function register(program: Command): void {
  const command = program
    .command("import")
    .summary("turn a keepalived.conf into rules")
    .description(
      "Write the rules a configuration of keepalived, or any other file of rules, makes.",
    )
    .argument("<file>", "keepalived.conf or file of rules, or - for standard input")
    .addOption(
      new Option("--to <form>", "rules for ipvsadm -R, or a JSON document")
        .choices(["rules", "json"])
        .default("rules"),
    )
    .option("--json", "rules and remarks as one JSON document")
    .option("-q, --quiet", "do not say what was left out")
    .option(
      "-i, --config-id <id>",
      "take lines that begin with @id (default: the host's name up to its first dot)",
    )
    .addHelpText("after", HELP)
    .action(async (file: string, options: Options) => {
      try {
        await write(command, file, options);
      } catch (error) {
        throw new CommandFailure(sentence(error), EXIT.usage);
      }
    });
}

async function write(command: Command, file: string, options: Options): Promise<void> {
  const { to, json, quiet, configId } = options;
  const remarks: Remark[] = [];
  const { path, text } = await readText(file);
  const wanted = await readWanted(path, text, new Rehearsal(), {
    configId,
    onRemark: (each) => remarks.push(each),
  });
  const steps = await plan(new Rehearsal(), wanted, false);
  await rehearse(path, steps, new Rehearsal());
  if (!quiet && !json) for (const each of remarks) remark(command, remarkText(each));
  if (json) say(command, JSON.stringify(importJson(path, steps, remarks), undefined, 2));
  else if (to === "json") say(command, JSON.stringify(wantedJson(wanted), undefined, 2));
  else for (const { change } of steps) say(command, commandText(change));
}
