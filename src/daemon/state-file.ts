/**
 * The note a director leaves beside its control socket: who it is, and what it needs cleaned up after
 * it, should it not get to do so itself.
 *
 * `<socket>.json`, readable by its owner alone, written whole before the director changes anything of
 * its host and removed after everything is undone. So a note without its process means a director
 * that was killed.
 *
 * @module
 */
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isRunning, type ProcessIdentity } from "./process-info.ts";

/** What is noted of a running director. */
export interface DaemonState extends ProcessIdentity {
  /** Path of the control socket. */
  readonly socket: string;
  /** Kind of the device: `ring`, `tun`, `raw`, `cap` or `memory`. */
  readonly device: string;
  /** Name of the profile. */
  readonly profile: string;
  /** Number of the network namespace it runs in, 0 if unknown. */
  readonly namespace: number;
}

/** Returns where the note of the director with that control socket is. */
export function stateFilePath(socket: string): string {
  return `${socket}.json`;
}

/**
 * Leaves the note, unless there is one: of two directors that start at once, one succeeds.
 *
 * @returns whether it was left
 */
export function claimState(state: DaemonState): boolean {
  const path = stateFilePath(state.socket);
  const draft = `${path}.${state.pid}`;
  writeFileSync(draft, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  try {
    // A link comes into being whole or not at all, and never in the place of another.
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Returns the note left beside `socket`, or `undefined` when there is none that can be understood. */
export function readState(socket: string): DaemonState | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(stateFilePath(socket), "utf8"));
  } catch {
    return undefined;
  }
  return isState(parsed) ? parsed : undefined;
}

/** Returns the note of the director that runs now, or `undefined` when its process is gone. */
export function readRunningState(socket: string): DaemonState | undefined {
  const state = readState(socket);
  return state !== undefined && isRunning(state) ? state : undefined;
}

/** Removes the note. Does nothing when there is none. */
export function removeState(socket: string): void {
  rmSync(stateFilePath(socket), { force: true });
}

function isState(value: unknown): value is DaemonState {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Record<string, unknown>;
  const numbers = ["pid", "startTicks", "namespace"];
  const texts = ["socket", "device", "profile"];
  return (
    numbers.every((name) => Number.isSafeInteger(fields[name])) &&
    texts.every((name) => typeof fields[name] === "string")
  );
}
