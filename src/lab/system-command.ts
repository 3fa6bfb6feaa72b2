/**
 * Running a program of the system to its end, with a bound on the time it takes.
 *
 * @module
 */
import { spawn } from "node:child_process";
import type { Milliseconds } from "../base/clock.ts";

/** What a program left behind. */
export interface CommandResult {
  /** Exit status; 137, as a shell has it, for a program that was ended by a signal. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a program. */
export interface CommandOptions {
  /** What it reads; nothing unless given. */
  readonly stdin?: string;
  /** Environment variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** When it is ended; 10 s unless given. */
  readonly timeout?: Milliseconds;
}

const DEFAULT_TIMEOUT: Milliseconds = 10_000;
const KILLED = 128 + 9;

/**
 * Runs a program and returns what it printed, whatever its exit status.
 *
 * Rejects with Node's error (`ENOENT` for a program that is not there) when it cannot be started.
 */
export function execute(
  words: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const [program = "", ...rest] = words;
    const child = spawn(program, rest, {
      env: { ...process.env, ...options.env },
      // Out of reach of a Ctrl-C at the terminal: who asked decides what happens then.
      detached: true,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const impatience = setTimeout(() => child.kill("SIGKILL"), options.timeout ?? DEFAULT_TIMEOUT);
    child.once("error", (error) => {
      clearTimeout(impatience);
      reject(error);
    });
    child.once("close", (code) => {
      clearTimeout(impatience);
      resolve({ status: code ?? KILLED, stdout, stderr });
    });
    // A program that ends without reading its input breaks the pipe, which is its right.
    child.stdin.on("error", () => {});
    child.stdin.end(options.stdin ?? "");
  });
}

/**
 * Runs a program that must succeed and returns what it printed.
 *
 * @throws Error with the command and what the program said, when its exit status is not 0
 */
export async function mustExecute(
  words: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { status, stdout, stderr } = await execute(words, options);
  if (status === 0) return stdout;
  const said = stderr.trim().split("\n").join("; ") || "it said nothing";
  throw new Error(`Cannot run "${words.join(" ")}": exit status ${status}, ${said}`);
}
