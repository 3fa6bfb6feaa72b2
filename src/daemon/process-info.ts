/**
 * What the system knows of another process: whether it lives, since when, and what it was called with.
 *
 * A process number alone is no identity, as numbers come round again. Together with the moment the
 * process began it is one.
 *
 * Source: proc(5), /proc/PID/stat, /proc/PID/cmdline, /proc/uptime.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { Seconds } from "../base/clock.ts";

/** Clock ticks per second in what /proc shows (`USER_HZ`), the same on every architecture in use. */
const USER_TICKS_PER_SECOND = 100;

/** A process among all that ever ran since the system came up. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began: clock ticks since the system came up. */
  readonly startTicks: number;
}

/** Returns the identity of a running process, or `undefined` when there is none of that number. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  const stat = readProc(`${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the command's name in parentheses and may hold anything, spaces and
  // parentheses too; fields count from behind its end. State is the 3rd, starttime the 22nd.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  if (state === "Z" || state === "X") return undefined;
  return { pid, startTicks: Number(fields[19]) };
}

/** Whether that very process still runs; a zombie does not. */
export function isRunning(identity: ProcessIdentity): boolean {
  return processIdentity(identity.pid)?.startTicks === identity.startTicks;
}

/** Returns how long a process has run. */
export function runningFor(identity: ProcessIdentity): Seconds {
  const uptime = Number.parseFloat(readProc("uptime") ?? "0");
  return Math.max(0, uptime - identity.startTicks / USER_TICKS_PER_SECOND);
}

/** Returns the command line of a process, its words parted by blanks; empty when it cannot be read. */
export function commandLine(pid: number): string {
  return (readProc(`${pid}/cmdline`) ?? "").split("\0").join(" ").trim();
}

/** Returns a duration as people say it: `42 s`, `7 min 3 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(duration: Seconds): string {
  const seconds = Math.floor(duration);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  if (minutes > 0) return `${minutes} min ${seconds % 60} s`;
  return `${seconds} s`;
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return undefined;
  }
}
