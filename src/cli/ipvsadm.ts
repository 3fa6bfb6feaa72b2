/**
 * `uipvs ipvsadm`: the compatible front end, as a sub-command.
 *
 * Every word behind it is the front end's own, options and `--` included.
 *
 * @module
 */
import type { Command } from "commander";
import { run } from "../ipvsadm/main.ts";
import { systemWorld } from "../ipvsadm/system-world.ts";
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
      const status = await run(program.args.slice(1), systemWorld("ipvsadm", chosenSocket()));
      // The front end has said why.
      if (status !== EXIT.success) throw new CommandFailure("", status);
    });
}
