/**
 * `uipvs shell`: a shell in which `ipvsadm` commands a director.
 *
 * @module
 */
import type { Command } from "commander";
import { systemReason } from "../ipvsadm/messages.ts";
import { runShell } from "../shell/run-shell.ts";
import { addSocketOption, chosenSocket } from "./socket-option.ts";
import { CommandFailure, EXIT, remark } from "./terminal.ts";

interface Options {
  readonly command?: string;
  readonly socket?: string;
}

const DEFAULT_SHELL = "/bin/sh";
/** Exit status of a shell for a program that cannot be run. */
const STATUS_NOT_RUN = 127;

const HELP = `
In the shell, ipvsadm, ipvsadm-save and ipvsadm-restore are those of uipvs, and UIPVS_SOCKET names
the director. A path such as /sbin/ipvsadm still is the system's program; sudo(8) has a PATH of
its own and finds that one, too.

Examples:
  uipvs shell
  uipvs shell -c 'ipvsadm -C; ipvsadm -L -n'
  uipvs shell ./set-up-services.sh 192.0.2.1

Exit status:
  that of the shell; 128 and the number of the signal that ended it
  127  the shell cannot be started
  2    the command line is wrong`;

/** Adds `shell` to the program. */
export function register(program: Command): void {
  const command = program
    .command("shell")
    .summary("start a shell in which ipvsadm is ours")
    .description(
      "Start a shell ($SHELL, else /bin/sh) in which scripts and habits that use ipvsadm command\n" +
        "a director.",
    )
    .argument("[words...]", "passed to the shell: a script, and its arguments")
    .option("-c, --command <command>", "have the shell run this, words being its parameters")
    .passThroughOptions()
    .addHelpText("after", HELP)
    .action((words: readonly string[], options: Options) => start(command, words, options));
  addSocketOption(command);
}

async function start(command: Command, words: readonly string[], options: Options): Promise<void> {
  const shell = process.env.SHELL || DEFAULT_SHELL;
  const socket = chosenSocket(options.socket);
  const terminal = process.stdin.isTTY === true;
  const script = options.command === undefined ? [] : ["-c", options.command];
  if (terminal && script.length === 0 && words.length === 0) {
    remark(command, `in this shell, ipvsadm commands the director at ${socket}`);
  }
  const status = await runShell({
    shell,
    words: [...script, ...words],
    socket,
    env: process.env,
    terminal,
  }).catch((error: unknown) => {
    const sentence = `Cannot start the shell "${shell}": ${systemReason(error)}`;
    throw new CommandFailure(sentence, STATUS_NOT_RUN);
  });
  // Whatever there was to say, the shell has said.
  if (status !== EXIT.success) throw new CommandFailure("", status);
}
