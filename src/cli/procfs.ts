/**
 * `uipvs procfs`: the status files of a kernel, for programs that read rather than ask.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { IpvsError } from "../base/error.ts";
import { STATUS_FILES, type StatusFile } from "../control/backend.ts";
import { noDirector, systemReason } from "../ipvsadm/messages.ts";
import { copyFiles, keepFresh } from "../procfs/copy-files.ts";
import { DirectoryError, StatusDirectory } from "../procfs/status-directory.ts";
import { addSocketOption, chosenSocket } from "./socket-option.ts";
import { CommandFailure, EXIT, remark } from "./terminal.ts";

/** Bounds of --hz; the kernel's own clocks tick 100 to 1200 times a second. */
const MOST_TICKS = 10000;
/** Bounds of --watch, in s. */
const LEAST_INTERVAL = 0.1;
const MOST_INTERVAL = 86400;

const HELP = `
Files: ${STATUS_FILES.slice(0, 3).join(", ")},
       ${STATUS_FILES.slice(3).join(", ")}.

They stand in DIR/net, as those of a kernel in /proc/net, byte for byte as those. Each is
replaced as a whole. With --watch they are renewed until SIGINT or SIGTERM and removed
then, and while no director answers; copying takes a tenth of the time at most, however
many connections there are.

Example, for Prometheus:
  uipvs procfs --watch 5 /run/uipvs-proc ip_vs ip_vs_stats &
  prometheus-node-exporter --path.procfs=/run/uipvs-proc \\
      --collector.disable-defaults --collector.ipvs

Exit status:
  0  the files are written; with --watch, it was told to end
  1  they cannot be written, or what answers is no director
  2  no director answers, or the command line is wrong`;

interface Options {
  readonly watch?: number;
  readonly hz?: number;
  readonly socket?: string;
}

/** Adds `procfs` to the program. */
export function register(program: Command): void {
  const command = program
    .command("procfs")
    .summary("write the files of /proc/net/ip_vs* to a directory")
    .description(
      "Write what a kernel shows in /proc/net/ip_vs* to a directory, once or every so often.",
    )
    .argument("<dir>", "a directory that exists, to be read like /proc")
    .argument("[files...]", "which files; all unless given", statusFiles)
    .option("--watch <seconds>", "keep the files fresh, until told to end", interval)
    .option(
      "--hz <ticks>",
      "clock ticks a second of the kernel to look like: a persistence timeout in ip_vs is in " +
        "ticks (default: that of the director's profile, 250)",
      ticks,
    )
    .addHelpText("after", HELP)
    .action(async (path: string, files: readonly StatusFile[], options: Options) => {
      await copy(command, path, files.length === 0 ? STATUS_FILES : files, options);
    });
  addSocketOption(command);
}

async function copy(
  command: Command,
  path: string,
  files: readonly StatusFile[],
  options: Options,
): Promise<void> {
  const socket = chosenSocket(options.socket);
  const { signal } = endingSignal();
  try {
    const directory = StatusDirectory.open(path);
    const copying = { socket, directory, files, ticksPerSecond: options.hz, signal };
    if (options.watch === undefined) return await copyFiles(copying);
    await keepFresh({
      ...copying,
      interval: options.watch,
      onDirector: (lost) => {
        const what =
          lost === undefined ? "the files are back" : "there are no files until one does";
        const whose = lost === undefined ? "A director answers" : "No director answers";
        remark(command, `${whose} at ${socket}: ${what}`);
      },
    });
  } catch (error) {
    if (signal.aborted) throw new CommandFailure("Interrupted before all files were written");
    if (error instanceof DirectoryError || error instanceof IpvsError) throw error;
    throw new CommandFailure(noDirector(socket, systemReason(error)), EXIT.usage);
  }
}

/** Returns what tells that the process has to end. */
function endingSignal(): { readonly signal: AbortSignal } {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => controller.abort());
  }
  return controller;
}

/** Adds a name to those before it. */
function statusFiles(
  name: string,
  before: readonly StatusFile[] | undefined,
): readonly StatusFile[] {
  const file = STATUS_FILES.find((each) => each === name);
  if (file === undefined) throw new InvalidArgumentError(`Must be ${STATUS_FILES.join(", ")}.`);
  return [...(before ?? []), file];
}

function interval(text: string): number {
  const value = Number(text);
  if (!/^[\d.]+$/.test(text) || !(value >= LEAST_INTERVAL && value <= MOST_INTERVAL)) {
    throw new InvalidArgumentError(`Must be ${LEAST_INTERVAL}–${MOST_INTERVAL} seconds.`);
  }
  return value;
}

function ticks(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > MOST_TICKS) {
    throw new InvalidArgumentError(`Must be a whole number, 1–${MOST_TICKS}.`);
  }
  return value;
}
