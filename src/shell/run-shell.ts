/**
 * Running a shell in which `ipvsadm` is ours.
 *
 * Between its start and its end this process does nothing but pass signals on, so that whoever
 * watches it (a terminal, a supervisor, a script) deals with the shell.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { type Environment, Replacements } from "./replacements.ts";

/** Added to the number of a signal, as a shell reports a process it ended. */
const STATUS_SIGNAL = 128;

/** Passed on whoever sent them. */
const SIGNALS = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;
/** A terminal sends these to all its processes: there the shell has had them already. */
const TERMINAL_SIGNALS = ["SIGINT", "SIGQUIT"] as const;

/** Which shell, and for which director. */
export interface ShellOptions {
  /** Path of the shell, or its name on the PATH. */
  readonly shell: string;
  /** Its arguments. */
  readonly words: readonly string[];
  /** Control socket of the director its ipvsadm commands. */
  readonly socket: string;
  readonly env: Environment;
  /** Whether the standard input is a terminal. */
  readonly terminal: boolean;
}

/**
 * Runs the shell to its end, on the standard streams of this process.
 *
 * @returns its exit status; 128 and the number of the signal that ended it
 * @throws the system's error when it cannot be started
 */
export async function runShell(options: ShellOptions): Promise<number> {
  const { shell, words, socket, env, terminal } = options;
  let replacements: Replacements | undefined;
  try {
    return await runInFront(terminal, () => {
      replacements = Replacements.make();
      const changed = { UIPVS_BACKEND: "director", UIPVS_SOCKET: socket };
      const all = { ...env, ...replacements.variables(env), ...changed };
      return spawn(shell, words, { stdio: "inherit", env: all });
    });
  } finally {
    replacements?.remove();
  }
}

/**
 * Waits for the end of a program that has the standard streams of this process, and passes signals on.
 *
 * @param terminal whether the standard input is a terminal
 * @param start starts the program; signals that come before it are lost, not the death of this process
 * @returns its exit status; 128 and the number of the signal that ended it
 * @throws the system's error when it cannot be started
 */
export async function runInFront(terminal: boolean, start: () => ChildProcess): Promise<number> {
  let child: ChildProcess | undefined;
  // Before there is a program: a signal that ended this process would leave the program to itself.
  const stop = passSignals((signal) => child?.kill(signal), terminal);
  try {
    child = start();
    const [status, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals];
    return status ?? STATUS_SIGNAL + constants.signals[signal];
  } finally {
    stop();
  }
}

/** Has signals handed on from now on; returns what ends that. */
function passSignals(pass: (signal: NodeJS.Signals) => void, terminal: boolean): () => void {
  const ignore = (): void => {};
  const handlers = [
    ...SIGNALS.map((signal) => [signal, pass] as const),
    ...TERMINAL_SIGNALS.map((signal) => [signal, terminal ? ignore : pass] as const),
  ];
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
