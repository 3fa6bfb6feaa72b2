/**
 * Which control socket a command is about.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import { controlSocketPath } from "../control/socket-path.ts";

/** Adds `--socket` to a command. */
export function addSocketOption(command: Command): Command {
  return command.option(
    "--socket <path>",
    "control socket (default: $UIPVS_SOCKET, else /run/uipvs/control.sock for root, " +
      "$XDG_RUNTIME_DIR/uipvs/control.sock for others)",
  );
}

/** Returns the absolute path of the socket: the one asked for, or the one of this user. */
export function chosenSocket(option?: string): string {
  return resolve(option ?? controlSocketPath(process.env, process.geteuid?.() ?? 0));
}
