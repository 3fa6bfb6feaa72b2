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
import { delimiter, dirname } from "node:path";
import { Replacements } from "./replacements.ts";

/** Where programs are looked for without a PATH, as a login sets it. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** Where data are looked for without XDG_DATA_DIRS. Source: XDG Base Directory Specification. */
const DEFAULT_DATA_PATH = "/usr/local/share:/usr/share";

/** Added to the number of a signal, as a shell reports a process it ended. */
const STATUS_SIGNAL = 128;

/** Passed on whoever sent them. */
const SIGNALS = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;
/** A terminal sends these to all its processes: there the shell has had them already. */
const TERMINAL_SIGNALS = ["SIGINT", "SIGQUIT"] as const;

/** Environment variables. */
type Environment = Readonly<Record<string, string | undefined>>;

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
  let child: ChildProcess | undefined;
  // Before there is a shell: a signal that ended this process would leave the shell to itself.
  const stop = passSignals((signal) => child?.kill(signal), terminal);
  try {
    const replacements = new Replacements();
    try {
      child = spawn(shell, words, {
        stdio: "inherit",
        env: {
          ...env,
          ...changedVariables(replacements, env),
          UIPVS_BACKEND: "director",
          UIPVS_SOCKET: socket,
        },
      });
      const [status, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals];
      return status ?? STATUS_SIGNAL + constants.signals[signal];
    } finally {
      replacements.remove();
    }
  } finally {
    stop();
  }
}

function changedVariables(replacements: Replacements, env: Environment): Environment {
  return {
    PATH: searchPath(replacements.programs, env),
    // Behind the others: what the system has to say about a command goes first.
    XDG_DATA_DIRS: [env.XDG_DATA_DIRS || DEFAULT_DATA_PATH, replacements.data].join(delimiter),
  };
}

/** Returns the PATH with a folder in front, and Node's own at its end where it lacks that. */
function searchPath(programs: string, { PATH }: Environment): string {
  const folders = (PATH || DEFAULT_PATH).split(delimiter);
  // The programs are found by `env node`.
  const own = dirname(process.execPath);
  return [programs, ...folders, ...(folders.includes(own) ? [] : [own])].join(delimiter);
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
