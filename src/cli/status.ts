/**
 * `uipvs status`: how a director is.
 *
 * @module
 */
import type { Command } from "commander";
import { asking, statusOf } from "./director.ts";
import { formatStatus } from "./format-status.ts";
import { variablesJson } from "./settings.ts";
import { addSocketOption, chosenSocket } from "./socket-option.ts";
import { say } from "./terminal.ts";

const HELP = `
Exit status:
  0  a director runs
  1  what answers is no director
  2  no director answers, or the command line is wrong`;

/** Adds `status` to the program. */
export function register(program: Command): void {
  const command = program
    .command("status")
    .summary("show how a director is")
    .description(
      "Show how the director that serves a control socket is: since when, with which\n" +
        "device, what it knows, and what became of the packets it saw.",
    )
    .option("--json", "as JSON")
    .addHelpText("after", HELP)
    .action(async (options: { readonly socket?: string; readonly json?: true }) => {
      const status = await asking(chosenSocket(options.socket), statusOf);
      const document = { ...status, variables: variablesJson(status.variables) };
      say(command, options.json ? JSON.stringify(document, undefined, 2) : formatStatus(status));
    });
  addSocketOption(command);
}
