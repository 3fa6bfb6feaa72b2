/**
 * `uipvs down`: ends a director, or cleans up after one that was killed.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { occupancy } from "../daemon/control-socket.ts";
import { removeEmptyLog } from "../daemon/detach.ts";
import { isRunning, type ProcessIdentity, processIdentity } from "../daemon/process-info.ts";
import { recover } from "../daemon/recovery.ts";
import { readRunningState } from "../daemon/state-file.ts";
import { askStatus } from "./director.ts";
import { addSocketOption, chosenSocket } from "./socket-option.ts";
import { CommandFailure, say } from "./terminal.ts";

/** How long a director may take to end, in ms. */
const PATIENCE = 15_000;
/** How often to look whether it has, in ms. */
const INTERVAL = 20;

const HELP = `
When the director was killed, its socket, its note and what it changed of the host
(rules, routes and settings) are removed instead.

Exit status:
  0  no director runs any more, or none did
  1  it does not end, or what it left cannot be removed
  2  the command line is wrong`;

/** Adds `down` to the program. */
export function register(program: Command): void {
  const command = program
    .command("down")
    .summary("end a director, or clean up after a killed one")
    .description("End the director that serves a control socket, and wait until it has ended.")
    .addHelpText("after", HELP)
    .action(async (options: { readonly socket?: string }) => {
      for (const line of await endDirector(chosenSocket(options.socket))) say(command, line);
    });
  addSocketOption(command);
}

/** Ends the director of `socket`, and returns what there is to say about it. */
async function endDirector(socket: string): Promise<readonly string[]> {
  const director = await findDirector(socket);
  const said: string[] = [];
  if (director !== undefined) {
    await end(director);
    said.push(`The director at ${socket} has ended (process ${director.pid})`);
  }
  const recovered = await recover(socket);
  removeEmptyLog(socket);
  if (director === undefined && recovered.length === 0) {
    return [`No director runs at ${socket}, and none has left anything there`];
  }
  return [...said, ...recovered];
}

/** Returns the process that serves `socket`: by its note, or by its own word where that is gone. */
async function findDirector(socket: string): Promise<ProcessIdentity | undefined> {
  const noted = readRunningState(socket);
  if (noted !== undefined) return noted;
  if ((await occupancy(socket)) !== "in use") return undefined;
  return processIdentity((await askStatus(socket)).pid);
}

async function end(director: ProcessIdentity): Promise<void> {
  try {
    process.kill(director.pid, "SIGTERM");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It may have ended on its own in the meantime.
    if (code === "ESRCH") return;
    throw new CommandFailure(`Cannot end the director (process ${director.pid}): ${code}`);
  }
  for (let waited = 0; isRunning(director); waited += INTERVAL) {
    if (waited >= PATIENCE) {
      throw new CommandFailure(
        `The director (process ${director.pid}) was asked to end ${PATIENCE / 1000} s ago and has not`,
      );
    }
    await sleep(INTERVAL);
  }
}
