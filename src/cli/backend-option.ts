/**
 * Whom a sub-command commands: the director of a control socket, or the kernel.
 *
 * @module
 */
import type { Command } from "commander";
import { type BackendChoice, backendName, usualBackend } from "../control/backend-choice.ts";
import { addSocketOption, chosenSocket } from "./socket-option.ts";
import { CommandFailure, EXIT } from "./terminal.ts";

/** What the options below give. */
export interface BackendOptions {
  readonly backend?: string;
  readonly socket?: string;
}

/** Adds `--backend` and `--socket` to a command. */
export function addBackendOptions(command: Command): Command {
  command.option(
    "--backend <name>",
    "whose table: that of a director, or of the kernel's ip_vs (default: $UIPVS_BACKEND, else director)",
  );
  return addSocketOption(command);
}

/**
 * Returns whom the options name; a socket without a backend names its director, whatever the environment
 * says.
 *
 * @throws CommandFailure with status 2 for a name that is none, and for a socket of the kernel
 */
export function chosenBackend({ backend, socket }: BackendOptions): BackendChoice {
  const name = asUsage(() => {
    if (backend !== undefined) return backendName(backend, "--backend");
    return socket === undefined ? usualBackend(process.env) : "director";
  });
  if (name === "director") return { name, socket: chosenSocket(socket) };
  if (socket === undefined) return { name };
  throw new CommandFailure("The kernel has no --socket: it belongs to a director", EXIT.usage);
}

/**
 * Returns what `read` makes of the command line.
 *
 * @throws CommandFailure with status 2 when it cannot be understood
 */
export function asUsage<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw error instanceof SyntaxError ? new CommandFailure(error.message, EXIT.usage) : error;
  }
}
