/**
 * `uipvs import`: a configuration from where it lives, as rules, a document, a scenario or a lab.
 *
 * @module
 */
import { basename } from "node:path";
import { type Command, Option } from "commander";
import { sentenceOf } from "../base/sentence.ts";
import { DEFAULT_PROFILE } from "../engine/profile.ts";
import { commandText } from "../ipvsadm/format/commands.ts";
import { Rehearsal } from "../ipvsadm/rehearsal.ts";
import { type Remark, remarkText } from "../keepalived/remark.ts";
import type { LeftOut } from "../lab/index.ts";
import { startingScript } from "../lvs/starting-script.ts";
import { rehearse } from "../rules/carry-out.ts";
import { importJson, wantedJson } from "../rules/import-json.ts";
import { plan } from "../rules/plan.ts";
import { formatOf, readWanted } from "../rules/read-wanted.ts";
import type { Wanted } from "../rules/wanted.ts";
import { wantedChanges } from "../rules/wanted-changes.ts";
import { readText, STANDARD_INPUT } from "./rules-plan.ts";
import { CommandFailure, EXIT, remark, say } from "./terminal.ts";

const HELP = `
FILE is a keepalived.conf, with what it includes, or a file of rules in any form \`uipvs
apply' takes; "-" is standard input.

The table is the one keepalived makes while all real servers are healthy. What of the
file is not in it, or otherwise than written, is said on the standard error, line by
line: health checks, scripts, VRRP, and what keepalived itself puts right.

A scenario (docs/scenarios.md) names the file, so keep it in the folder FILE is named from,
lists the table, and has a first client come to each service. It passes as it is.

A lab (docs/labs.md) is written to FOLDER, which must not exist: a client, a director that begins
with the rules, a host for each real server, and a step for each service. It passes as it is, too.

Exit status:
  0  the rules were written
  2  the file cannot be read or understood, a director refuses the table, or the lab's folder
     exists: nothing was written; or the command line is wrong`;

interface Options {
  readonly to: "rules" | "json" | "scenario" | "lab";
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
    .argument("[folder]", "folder to make, of a lab")
    .addOption(
      new Option("--to <form>", "rules for ipvsadm -R, a JSON document, a first scenario or a lab")
        .choices(["rules", "json", "scenario", "lab"])
        .default("rules"),
    )
    .option("--json", "rules and remarks as one JSON document")
    .option("-q, --quiet", "do not say what was left out")
    .option(
      "-i, --config-id <id>",
      "take lines that begin with @id (default: the host's name up to its first dot)",
    )
    .addHelpText("after", HELP)
    .action(async (file: string, folder: string | undefined, options: Options) => {
      try {
        await write(command, file, folder, options);
      } catch (error) {
        throw new CommandFailure(sentenceOf(error), EXIT.usage);
      }
    });
}

async function write(
  command: Command,
  file: string,
  folder: string | undefined,
  options: Options,
): Promise<void> {
  const { to, json, quiet, configId } = options;
  if (to === "lab" && folder === undefined) {
    throw new Error("A lab needs a folder to be made: uipvs import FILE --to lab FOLDER");
  }
  if (to !== "lab" && folder !== undefined) {
    throw new Error(`Unexpected "${folder}": only a lab (--to lab) is written to a folder`);
  }
  const remarks: Remark[] = [];
  const { path, text } = await readText(file);
  const wanted = await readWanted(path, text, new Rehearsal(), {
    configId,
    onRemark: (each) => remarks.push(each),
  });
  const steps = await plan(new Rehearsal(), wanted, false);
  await rehearse(path, steps, new Rehearsal());
  if (!quiet && !json) for (const each of remarks) remark(command, remarkText(each));
  const omitted: LeftOut[] = [];
  if (folder !== undefined)
    await lab(file, wanted, folder, (each) => {
      omitted.push(each);
      if (!quiet && !json) remark(command, leftOutText(path, each));
    });
  if (json)
    say(
      command,
      JSON.stringify(
        importJson(path, steps, [
          ...remarks,
          ...omitted.map((each) => ({ ...each, what: "left out" as const })),
        ]),
        undefined,
        2,
      ),
    );
  else if (to === "json") say(command, JSON.stringify(wantedJson(wanted), undefined, 2));
  else if (to === "scenario") say(command, (await scenario(file, text, wanted, options)).trimEnd());
  else if (to === "rules") for (const { change } of steps) say(command, commandText(change));
}

/** Makes the folder of a lab. @throws LabError when there is one, or nothing to make a lab of; it is not made then */
async function lab(
  file: string,
  wanted: Wanted,
  folder: string,
  onLeftOut: (each: LeftOut) => void,
): Promise<void> {
  // Labs take a good deal of the program.
  const { rulesLab, writeLab } = await import("../lab/index.ts");
  writeLab(folder, rulesLab(nameOf(file), wanted, onLeftOut));
}

function leftOutText(path: string, { at, place, text, reason }: LeftOut): string {
  if (at !== undefined) return remarkText({ at, what: "left out", text, reason });
  return `${path}: ${place}: left out "${text}": ${reason}`;
}

/** Returns what people call a file. */
function nameOf(file: string): string {
  return file === STANDARD_INPUT ? "standard input" : basename(file);
}

/** Returns a scenario for the table: one that names the file, if a scenario can read it. */
async function scenario(
  file: string,
  text: string,
  wanted: Wanted,
  { configId }: Options,
): Promise<string> {
  const named = file !== STANDARD_INPUT && configId === undefined && formatOf(text) !== "json";
  const changes = [...wantedChanges(wanted)];
  return startingScript({
    from: nameOf(file),
    table: named
      ? [`rules ${shellWord(file)}`]
      : changes.map(({ change }) => `ipvsadm ${commandText(change)}`),
    services: wanted.services,
    profile: DEFAULT_PROFILE,
    seed: 1,
  });
}

/** Returns a path as one word of a scenario. */
function shellWord(path: string): string {
  return /\s/.test(path) ? `"${path}"` : path;
}
