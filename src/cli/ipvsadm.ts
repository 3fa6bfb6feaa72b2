/**
 * `uipvs ipvsadm`: the compatible front end, as a sub-command.
 *
 * Every word behind it is the front end's own, options and `--` included.
 *
 * @module
 */
import type { Command } from "commander";
import { chooseBackend } from "../ipvsadm/backend-option.ts";
import { run } from "../ipvsadm/main.ts";
import { systemWorld } from "../ipvsadm/system-world.ts";
import { asUsage } from "./backend-option.ts";
import { chosenSocket } from "./socket-option.ts";
import { CommandFailure, EXIT } from "./terminal.ts";

/** Adds `ipvsadm` to the program. */
export function register(program: Command): void {
  program
    .command("ipvsadm")
    .summary("configure and list, with the options of ipvsadm(8)")
    .description("Configure a director and list what it does, with the options of ipvsadm(8).")
    .usage("[options of ipvsadm(8)]")
    .argument("[words...]", "passed on as they are")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async () => {
      // The program's own list of words is untouched; the sub-command's has lost a leading "--".
      const { words, choice } = chosen(program.args.slice(1));
      const status = await run(words, systemWorld("ipvsadm", choice));
      // The front end has said why.
      if (status !== EXIT.success) throw new CommandFailure("", status);
    });
}

function chosen(argv: readonly string[]): ReturnType<typeof chooseBackend> {
  return asUsage(() => chooseBackend(argv, process.env, chosenSocket));
}
