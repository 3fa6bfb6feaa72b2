/**
 * `uipvs parity`: the same scenarios on a real kernel and on the emulator.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { basename, join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { sentenceOf } from "../base/sentence.ts";
import { findScripts } from "../lvs/find-scripts.ts";
import type { TimedBed } from "../parity/bed.ts";
import { fuzz } from "../parity/fuzz.ts";
import { bootBed } from "../parity/guest-bed.ts";
import {
  compareSubject,
  type Differing,
  findingOutcome,
  keptText,
  type Outcome,
  outcomeJson,
  outcomeText,
} from "../parity/outcome.ts";
import { Parity } from "../parity/parity.ts";
import { readSubjectFile, SUBJECT_SUFFIXES, type Subject } from "../parity/subject.ts";
import { ProgressLine } from "./progress-line.ts";
import { CommandFailure, remark, say } from "./terminal.ts";

/** Exit statuses, as those of diff(1). */
const STATUS_DIFFERS = 1;
const STATUS_TROUBLE = 2;

const SEEDS = 2 ** 31;
const MOST_SCENARIOS = 1_000_000;
const LONGEST_SLEEP = 86_400;

interface Options {
  readonly kernel?: string;
  readonly maxSleep?: number;
  readonly fuzz?: number;
  readonly seed?: number;
  readonly keep?: string;
  readonly json?: true;
}

const HELP = `
A scenario is a text of commands, packets and pauses (docs/conformance.md), or a file .lvs
(docs/scenarios.md); of a folder all are played. It is played on a kernel, in real time, and on the
emulator of that kernel, in step with it; what both print and send is compared. A difference counts
once it shows three times.

The kernel is one of these, the first there is unless --kernel says which:
  host  this host's own, in network namespaces of their own; takes root and ip_vs
  uml   a user-mode Linux (package user-mode-linux), booted as ordinary processes
  qemu  the newest kernel image installed (packages qemu-system-x86 and linux-image-amd64)
  PATH  another user-mode Linux or kernel image; waiting costs nothing where its time can be virtual

Lines 'sh' are run with the rights of the user, never on the kernel of the host: play no scenarios of
strangers.

In what differs, lines of the kernel begin with -, of the emulator with +. A random scenario that
differs is shortened first; --seed with its number and --fuzz 1 plays it again.

Exit status:
  0  all scenarios that could be compared are alike
  1  some differ
  2  nothing could be compared: no kernel, a file that cannot be read, or the command line is wrong`;

/** Adds `parity` to the program. */
export function register(program: Command): void {
  const command = program
    .command("parity")
    .summary("compare scenarios on a real kernel and on the emulator")
    .description("Play the same scenarios on a real kernel and on the emulator, and compare.")
    .argument("[path...]", "scenarios, or folders of them")
    .option(
      "--kernel <kernel>",
      "host, uml, qemu, or the path of one (default: the first there is)",
    )
    .option("--max-sleep <seconds>", "skip files that let more time pass (default: 10)", seconds)
    .option("--fuzz <n>", "play so many random scenarios", count)
    .option("--seed <s>", "number of the first of them (default: a random one)", seed)
    .option("--keep <dir>", "keep scenarios that differ here, with the difference")
    .option("--json", "as JSON")
    .addHelpText("after", HELP)
    .action((paths: readonly string[], options: Options) => run(command, paths, options));
}

async function run(command: Command, paths: readonly string[], options: Options): Promise<void> {
  if (paths.length === 0 && options.fuzz === undefined) {
    const wrong = "There is nothing to compare: name files, or use --fuzz";
    throw new CommandFailure(wrong, STATUS_TROUBLE);
  }
  exitOnSignals();
  const counts = await orTrouble(async () => {
    const subjects = findScripts(paths, SUBJECT_SUFFIXES).map(readSubjectFile);
    if (subjects.length === 0 && options.fuzz === undefined) {
      throw new Error(
        `There is no scenario (${SUBJECT_SUFFIXES.join(", ")}) in ${paths.join(", ")}`,
      );
    }
    const bed = await bootBed({ kernel: options.kernel });
    try {
      return await compare(command, bed, subjects, options);
    } finally {
      await bed.close();
    }
  });
  if (counts.differs > 0) throw new CommandFailure("", STATUS_DIFFERS);
  if (counts.same === 0) throw new CommandFailure("Nothing could be compared", STATUS_TROUBLE);
}

type Counts = Record<Outcome["result"], number>;

async function compare(
  command: Command,
  bed: TimedBed,
  subjects: readonly Subject[],
  options: Options,
): Promise<Counts> {
  const { json, keep, fuzz: wanted = 0, seed: first = randomInt(SEEDS) } = options;
  const parity = await Parity.open(bed, { longestSleep: options.maxSleep });
  const { release } = bed.info;
  const counts: Counts = { same: 0, differs: 0, skipped: 0 };
  const told: Outcome[] = [];
  const progress = new ProgressLine(command);
  const tell = (outcome: Outcome): void => {
    counts[outcome.result]++;
    told.push(outcome);
    progress.clear();
    if (outcome.result === "differs" && keep !== undefined) keepIn(keep, outcome, release);
    if (!json) say(command, outcomeText(outcome));
  };
  try {
    for (const [index, subject] of subjects.entries()) {
      progress.show(`${index} of ${subjects.length} files`);
      tell(await compareSubject(parity, subject));
    }
    if (wanted > 0 && !json) remark(command, `the first seed is ${first}`);
    const onProgress = (done: number) => progress.show(`${done} of ${wanted} random scenarios`);
    for await (const finding of fuzz(parity, { count: wanted, seed: first, onProgress })) {
      if (finding === undefined) counts.same++;
      else tell(findingOutcome(finding));
    }
  } finally {
    progress.clear();
  }
  const { same, differs, skipped } = counts;
  if (json) {
    const random = wanted > 0 ? { fuzz: { count: wanted, seed: first } } : {};
    const profile = parity.profile.name;
    const scenarios = told.map(outcomeJson);
    const value = { kernel: release, profile, ...random, ...counts, scenarios };
    say(command, JSON.stringify(value, undefined, 2));
  } else {
    say(command, `${same} same, ${differs} differ, ${skipped} skipped; kernel ${release}`);
  }
  return counts;
}

/** Has signals that end the process let it exit: what it has booted ends then, and leaves no files. */
function exitOnSignals(): void {
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => process.exit(128 + constants.signals[name]));
  }
}

/** Keeps a scenario that differs in a folder, which is made if need be. */
function keepIn(folder: string, outcome: Differing, release: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, basename(outcome.file)), keptText(outcome, release));
}

/** Turns whatever goes wrong into a failure with the status of trouble. */
async function orTrouble<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new CommandFailure(sentenceOf(error), STATUS_TROUBLE);
  }
}

function count(text: string): number {
  return whole(text, 1, MOST_SCENARIOS);
}

function seed(text: string): number {
  return whole(text, 0, SEEDS - 1);
}

function seconds(text: string): number {
  return whole(text, 0, LONGEST_SLEEP);
}

function whole(text: string, least: number, most: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new InvalidArgumentError(`Must be a whole number, ${least}–${most}.`);
}
