/**
 * Cleans up after a director that was killed: its socket, its note, its rules, routes and settings.
 *
 * @module
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { occupancy } from "./control-socket.ts";
import { namespaceExists, networkNamespace } from "./network-namespace.ts";
import {
  type DaemonState,
  readRunningState,
  readState,
  removeState,
  stateFilePath,
} from "./state-file.ts";

/** Beginning of the names of our interfaces; a number follows. */
export const INTERFACE_PREFIX = "uipvs";

/** Returns where the settings stand that a director has to restore. */
export function settingsPath(socket: string): string {
  return `${socket}.settings`;
}

/**
 * Removes what a killed director has left. Does nothing beside one that runs.
 *
 * @returns what was undone, a sentence each without a final period
 * @throws SystemError when the kernel refuses to have something undone
 */
export async function recover(socket: string): Promise<readonly string[]> {
  if (readRunningState(socket) !== undefined) return [];
  const undone: string[] = [];
  if ((await occupancy(socket)) === "stale") {
    rmSync(socket);
    undone.push(`Removed the control socket ${socket} of a director that is gone`);
  }
  if (!existsSync(stateFilePath(socket))) return undone;
  const state = readState(socket);
  if (state !== undefined && state.device !== "memory") undone.push(...(await restoreHost(state)));
  removeState(socket);
  undone.push(`Removed its note ${stateFilePath(socket)}`);
  return undone;
}

/** Undoes rules, routes and settings of a director that is gone. */
async function restoreHost(state: DaemonState): Promise<readonly string[]> {
  if (state.namespace !== networkNamespace()) {
    if (!namespaceExists(state.namespace)) {
      rmSync(settingsPath(state.socket), { force: true });
      return [`What process ${state.pid} had changed is gone with its network namespace`];
    }
    throw new Error(
      `Cannot undo what process ${state.pid} left in the network namespace with inode ` +
        `${state.namespace}: run the command in that namespace`,
    );
  }
  const other = liveInterface();
  if (other !== undefined) {
    // Rules do not tell whose they are; those of the living must stay.
    throw new Error(
      `Cannot undo what process ${state.pid} left while another director works with "${other}" in ` +
        "this network namespace: end that one first",
    );
  }
  const { cleanUp } = await import("../../dataplane/interception.ts");
  const commands = cleanUp({ statePath: settingsPath(state.socket) });
  return commands.map((command) => `Undone: ${command}`);
}

/** Returns the name of an interface of a director that runs, as those of a killed one are gone. */
function liveInterface(): string | undefined {
  const table = readFileSync("/proc/self/net/dev", "utf8");
  const names = table.split("\n").map((line) => line.split(":")[0]?.trim() ?? "");
  return names.find((name) => new RegExp(`^${INTERFACE_PREFIX}\\d+$`).test(name));
}
