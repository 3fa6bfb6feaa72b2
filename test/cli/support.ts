/**
 * Runs the real `uipvs` in processes of their own.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Test } from "tap";
import { ROOT } from "../support/files.ts";
import { WITHOUT_HOOKS } from "../support/without-hooks.ts";

const PROGRAM = join(ROOT, "bin", "uipvs.js");

/** How a command ended and what it said. */
export interface Outcome {
  /** Exit status, or `null` after a signal. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command finds around itself. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Words before the program's own, such as those that enter a namespace. */
  readonly through?: readonly string[];
}

/** A process started and not over. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
  /** Resolves with everything printed so far once `text` is in it; rejects when it ends before. */
  printed(text: string): Promise<string>;
}

/** Runs a command to its end. */
export function uipvs(words: readonly string[], around: Surroundings = {}): Promise<Outcome> {
  return begin(words, around).ended;
}

/** Starts a command; it is killed, should it still run when the test is over. */
export function startUipvs(t: Test, words: readonly string[], around: Surroundings = {}): Running {
  const running = begin(words, around);
  t.teardown(async () => {
    running.child.kill("SIGKILL");
    await running.ended;
  });
  return running;
}

function begin(words: readonly string[], around: Surroundings): Running {
  const line = [...(around.through ?? []), ...WITHOUT_HOOKS, process.execPath, PROGRAM, ...words];
  const env = { ...process.env, ...around.env };
  const child = spawn(line[0]!, line.slice(1), { env });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    said.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said.stderr += chunk;
  });
  child.stdin.end(around.input ?? "");
  const ended = once(child, "close").then(([status]) => ({
    status: status as number | null,
    ...said,
  }));
  const printed = async (text: string): Promise<string> => {
    while (!said.stdout.includes(text)) {
      const more = await Promise.race([once(child.stdout, "data"), ended]);
      if ("status" in more && !said.stdout.includes(text)) {
        throw new Error(`ended with ${more.status} before it printed "${text}": ${said.stderr}`);
      }
    }
    return said.stdout;
  };
  return { child, ended, printed };
}
