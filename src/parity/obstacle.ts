/**
 * Why a scenario cannot be compared with a kernel.
 *
 * @module
 */

import type { CommandStatement, Statement } from "../scenario/statement.ts";
import { SCHEDULER_NAMES } from "./known-schedulers.ts";
import type { Subject } from "./subject.ts";

/** What a kernel offers. */
export interface Possible {
  /** Seconds a scenario may let pass in all. */
  readonly longestSleep: number;
  /** Names of the schedulers there are. */
  readonly schedulers: readonly string[];
  /** Whether lines of shell may do what they want. */
  readonly shell: boolean;
}

/** Returns the reason, as a clause whose subject is the scenario, or `undefined` where there is none. */
export function obstacle(
  { statements, staying }: Pick<Subject, "statements" | "staying">,
  possible: Possible,
): string | undefined {
  const seconds = statements.reduce((sum, each) => sum + secondsOf(each), staying);
  if (seconds > possible.longestSleep) {
    return `sleeps ${tidy(seconds)} s, more than ${tidy(possible.longestSleep)}`;
  }
  for (const statement of statements) {
    const reason = obstacleOf(statement, possible);
    if (reason !== undefined) return `${reason} (line ${statement.place.line})`;
  }
  return undefined;
}

function obstacleOf(statement: Statement, { schedulers, shell }: Possible): string | undefined {
  switch (statement.kind) {
    case "interface":
      return "makes an interface, which a kernel's host does not";
    case "raw":
      return statement.start === "frame" ? "sends a frame, not a packet" : undefined;
    case "shell":
      return shell ? undefined : "has a line of shell, which the kernel of the host is spared";
    case "command": {
      const scheduler = schedulerOf(statement);
      if (scheduler === undefined || schedulers.includes(scheduler)) return undefined;
      // One nobody knows is refused on both sides.
      if (!SCHEDULER_NAMES.includes(scheduler)) return undefined;
      return `needs the scheduler ${scheduler}, which the kernel has not`;
    }
    default:
      return undefined;
  }
}

/** Returns the scheduler a command line of ipvsadm asks for. */
function schedulerOf({ program, args }: CommandStatement): string | undefined {
  if (program !== "ipvsadm") return undefined;
  const at = args.findIndex((word) => word === "-s" || word === "--scheduler");
  return at < 0 ? undefined : args[at + 1];
}

function secondsOf(statement: Statement): number {
  return statement.kind === "sleep" ? statement.duration / 1000 : 0;
}

function tidy(seconds: number): string {
  return String(Number(seconds.toFixed(3)));
}
