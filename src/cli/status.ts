/**
 * `uipvs status`: how a director is.
 *
 * @module
 */
import type { Command } from "commander";
import { IpvsError } from "../base/error.ts";
import type { DirectorStatus } from "../daemon/director-status.ts";
import { noDirector, systemReason } from "../ipvsadm/messages.ts";
import { askStatus } from "./director.ts";
import { formatStatus } from "./format-status.ts";
import { addSocketOption, chosenSocket } from "./socket-option.ts";
import { CommandFailure, EXIT, say } from "./terminal.ts";

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
      const status = await statusOf(chosenSocket(options.socket));
      say(command, options.json ? JSON.stringify(status, undefined, 2) : formatStatus(status));
    });
  addSocketOption(command);
}

async function statusOf(socket: string): Promise<DirectorStatus> {
  try {
    return await askStatus(socket);
  } catch (error) {
    if (error instanceof IpvsError) throw error;
    throw new CommandFailure(noDirector(socket, systemReason(error)), EXIT.usage);
  }
}
