/**
 * `uipvs sysctl`: reads and sets the variables of a director.
 *
 * @module
 */
import type { Command } from "commander";
import type { Sysctl } from "../wire/uipvs-genl.ts";
import { asking } from "./director.ts";
import { type SettingWord, settingWord, variablesJson } from "./settings.ts";
import { addSocketOption, chosenSocket } from "./socket-option.ts";
import { CommandFailure, EXIT, say } from "./terminal.ts";

const HELP = `
NAME is the name of a variable of net.ipv4.vs, with that prefix or without. What each
does and accepts is in docs/variables.md. When one value is refused, nothing is set.
What has been set is printed as it reads then: the automatic modes of drop_entry,
drop_packet and secure_tcp, for one, read 1 while there is memory enough.

Examples:
  uipvs sysctl                                           list all
  uipvs sysctl -n drop_entry                             print a value
  uipvs sysctl expire_nodest_conn=1 sync_threshold='3 50'
  uipvs sysctl -w net.ipv4.vs.conn_reuse_mode=0          as sysctl(8) has it

Exit status:
  0  printed, and set
  1  a variable is unknown or a value refused: nothing is changed
  2  no director answers, or the command line is wrong`;

interface Options {
  readonly json?: true;
  readonly values?: true;
  readonly write?: true;
  readonly socket?: string;
}

/** Adds `sysctl` to the program. */
export function register(program: Command): void {
  const command = program
    .command("sysctl")
    .summary("read and set the variables of a director")
    .description("Read and set the variables of a director, those of net.ipv4.vs of a kernel.")
    .argument("[settings...]", "NAME to read, NAME=VALUE to set; all are listed without any")
    .option("-n, --values", "print values without names")
    .option("-w, --write", "refuse words that set nothing")
    .option("--json", "as JSON")
    .addHelpText("after", HELP)
    .action(async (words: readonly string[], options: Options) => {
      const wanted = words.map(settingWord);
      const reading = wanted.find(({ value }) => value === undefined);
      if (options.write && (reading !== undefined || words.length === 0)) {
        const what = reading === undefined ? "" : ` of ${reading.name}`;
        throw new CommandFailure(`A value${what} is missing: must be NAME=VALUE`, EXIT.usage);
      }
      print(command, await obeyed(wanted, chosenSocket(options.socket)), options);
    });
  addSocketOption(command);
}

/** Sets what is to be set, and returns the variables named, or all, as they are then. */
function obeyed(wanted: readonly SettingWord[], socket: string): Promise<readonly Sysctl[]> {
  return asking(socket, async (director) => {
    const before = await director.sysctls();
    const names = new Set(before.map(({ name }) => name));
    for (const { name } of wanted) {
      if (!names.has(name)) throw new CommandFailure(unknown(name));
    }
    const settings = wanted.filter((word): word is Sysctl => word.value !== undefined);
    if (settings.length > 0) await director.setSysctls(settings);
    if (wanted.length === 0) return before;
    const now = new Map((await director.sysctls()).map(({ name, value }) => [name, value]));
    return wanted.map(({ name }) => ({ name, value: now.get(name) ?? "" }));
  });
}

function unknown(name: string): string {
  return `Unknown variable ${JSON.stringify(name)}: must be one of those \`uipvs sysctl' lists`;
}

function print(command: Command, variables: readonly Sysctl[], options: Options): void {
  if (options.json) {
    const document = { schema: "uipvs/variables/1", variables: variablesJson(variables) };
    say(command, JSON.stringify(document, undefined, 2));
    return;
  }
  for (const { name, value } of variables) {
    say(command, options.values ? value : `${name} = ${value}`);
  }
}
