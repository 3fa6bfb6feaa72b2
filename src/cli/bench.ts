/**
 * `uipvs bench`: how schedulers do on a workload, in virtual time, with the real engine.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parse as parseYaml } from "yaml";
import { regressions } from "../bench/baseline.ts";
import { doRuns } from "../bench/crew.ts";
import { makePlan, type Plan } from "../bench/plan.ts";
import { csvReport } from "../bench/report/csv.ts";
import {
  type BenchDocument,
  DocumentError,
  documentLines,
  documentText,
  headLine,
  mergeLines,
  parseDocument,
  resultLine,
} from "../bench/report/document.ts";
import { textReport } from "../bench/report/text.ts";
import { parseShard, runsOf, ShardError } from "../bench/shard.ts";
import {
  checkWorkload,
  type RawWorkload,
  readWorkload,
  WorkloadError,
  withValue,
  workloadNames,
} from "../bench/workload-file.ts";
import { BenchProgress } from "./bench-progress.ts";
import { CommandFailure, EXIT, remark, say } from "./terminal.ts";

interface OutputOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly lines?: boolean;
  readonly html?: string;
}

interface BenchOptions extends OutputOptions {
  readonly compare?: readonly string[];
  readonly connections?: number;
  readonly seed?: number;
  readonly repeat?: number;
  readonly set: readonly Assignment[];
  readonly sweep: readonly Assignment[];
  readonly threads?: number;
  readonly shard?: string;
  readonly baseline?: string;
  readonly tolerance: number;
  readonly timing: boolean;
  readonly list?: boolean;
}

/** A path in a workload, and the text behind the equals sign. */
type Assignment = readonly [path: string, text: string];

const DEFAULT_WORKLOAD = "web";

const HELP = `
Workloads come with the program (--list), or are files of YAML or JSON; docs/bench.md describes them.
The same workload and seed give the same figures, but for times of this machine (--no-timing leaves
them out).

Exit status:
  0  all runs were done
  1  a figure is worse than in the baseline, or a file could not be read or written
  2  workload or command line cannot be understood`;

/** Adds `bench` to the program. */
export function register(program: Command): void {
  const command = program
    .command("bench")
    .summary("compare schedulers on a workload")
    .description("Compare schedulers on a workload, in virtual time, with the real engine.")
    .argument("[workload]", "name or file of the workload", DEFAULT_WORKLOAD)
    .option("--compare <schedulers>", "schedulers, separated by commas; or all", names)
    .option("--connections <n>", "connections of a run", wholeNumber)
    .option("--seed <n>", "seed of all chance", wholeNumber)
    .option("--repeat <n>", "runs with different seeds, for intervals of 95 %", wholeNumber)
    .option("--set <path=value>", "change a value of the workload; may be repeated", assignment, [])
    .option(
      "--sweep <path=values>",
      "try values, separated by commas; may be repeated",
      assignment,
      [],
    )
    .option("--threads <n>", "threads to use; as many as there are cores", wholeNumber)
    .option("--shard <i/n>", "do one part of the runs: I/N, auto/N or auto; implies --lines")
    .option("--baseline <file>", "compare with what --json wrote; fail where a figure is worse")
    .addOption(
      new Option("--tolerance <percent>", "how much worse a figure may be")
        .argParser(percent)
        .default(2),
    )
    .option("--no-timing", "leave out times of this machine")
    .option("--list", "list the workloads that come with the program");
  outputOptions(command)
    .addHelpText("after", HELP)
    .action((workload: string, options: BenchOptions) => run(command, workload, options));
  const merge = command
    .command("merge")
    .summary("join the results of shards")
    .description("Join what shards wrote into what one process would have given.")
    .argument("<files...>", "lines of all shards");
  outputOptions(merge).action((files: readonly string[], options: OutputOptions) =>
    refusing(() =>
      put(merge, mergeLines(files.map((file) => [file, readFileSync(file, "utf8")])), options),
    ),
  );
}

function outputOptions(command: Command): Command {
  return command
    .addOption(new Option("--json", "print all results as JSON").conflicts(["csv", "lines"]))
    .addOption(new Option("--csv", "print a line of figures a run").conflicts("lines"))
    .option("--lines", "print a JSON line a run, for `uipvs bench merge'")
    .option("--html <file>", "write a page with charts");
}

async function run(command: Command, name: string, options: BenchOptions): Promise<void> {
  if (options.list === true) return list(command);
  await refusing(async () => {
    const plan = makePlan(changed(readWorkload(name), options));
    const { baseline, shard } = options;
    const before =
      baseline === undefined ? undefined : parseDocument(readFileSync(baseline, "utf8"), baseline);
    if (shard !== undefined) return runShard(command, plan, shard, options);
    const document = { ...headOf(plan), results: await runAll(plan.runs, options) };
    await put(command, document, options);
    if (before !== undefined) judge(command, before, document, options.tolerance);
  });
}

async function runAll(
  runs: Plan["runs"],
  { threads, timing }: BenchOptions,
  onResult?: (line: string) => void,
) {
  const progress = new BenchProgress(
    runs.reduce((sum, { workload }) => sum + workload.connections, 0),
  );
  try {
    return await doRuns(runs, {
      threads,
      timed: timing,
      onProgress: (connections) => progress.add(connections),
      onResult: (result) => onResult?.(resultLine(result)),
    });
  } finally {
    progress.end();
  }
}

/** Does a part of the runs, and writes each result as soon as it is there. */
async function runShard(
  command: Command,
  plan: Plan,
  text: string,
  options: BenchOptions,
): Promise<void> {
  const runs = runsOf(plan.runs, parseShard(text, process.env));
  const write = (line: string) => command.configureOutput().writeOut?.(line);
  write(headLine(headOf(plan)));
  await runAll(runs, options, write);
}

function headOf({ fingerprint, runs, workload }: Plan) {
  return { plan: fingerprint, runs: runs.length, workload };
}

function changed(raw: RawWorkload, options: BenchOptions): RawWorkload {
  const { compare, connections, seed, repeat, set, sweep } = options;
  let result = raw;
  const put = (path: string, value: unknown) => {
    result = withValue(result, path, value);
  };
  if (compare !== undefined) put("schedulers", compare);
  if (connections !== undefined) put("connections", connections);
  if (seed !== undefined) put("seed", seed);
  if (repeat !== undefined) put("repeat", repeat);
  for (const [path, text] of set) put(path, parseYaml(text));
  if (sweep.length > 0) {
    const values = sweep.map(([path, text]) => [
      path,
      text.split(",").map((each) => parseYaml(each)),
    ]);
    put("sweep", Object.fromEntries(values));
  }
  return result;
}

async function put(
  command: Command,
  document: BenchDocument,
  options: OutputOptions,
): Promise<void> {
  const write = (text: string) => command.configureOutput().writeOut?.(text);
  if (options.html !== undefined) {
    const { htmlReport } = await import("../bench/report/html.ts");
    writeFileSync(options.html, await htmlReport(document));
  }
  if (options.json === true) write(documentText(document));
  else if (options.csv === true) write(csvReport(document));
  else if (options.lines === true) write(documentLines(document));
  else say(command, textReport(document));
}

function judge(
  command: Command,
  before: BenchDocument,
  now: BenchDocument,
  tolerance: number,
): void {
  const worse = regressions(before, now, tolerance / 100);
  for (const { row, figure, before: old, now: value } of worse) {
    remark(command, `${row}: ${figure} is ${value}, was ${old}`);
  }
  if (worse.length > 0) {
    throw new CommandFailure(
      `${worse.length} figure${worse.length === 1 ? " is" : "s are"} worse than in the baseline`,
    );
  }
}

function list(command: Command): void {
  for (const name of workloadNames()) {
    const { description } = checkWorkload(readWorkload(name));
    say(command, `${name}: ${description.trim().split(/\s+/).join(" ")}`);
  }
}

/** Turns what is wrong with files and command line into the exit status of that. */
async function refusing(work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (error) {
    const usage =
      error instanceof WorkloadError ||
      error instanceof ShardError ||
      error instanceof DocumentError;
    if (usage) throw new CommandFailure(error.message, EXIT.usage);
    throw error;
  }
}

function names(text: string): readonly string[] {
  return text.split(",");
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

function percent(text: string): number {
  const value = Number(text);
  if (!(value >= 0) || text.trim() === "") throw new InvalidArgumentError("It must be 0 or more.");
  return value;
}

function assignment(text: string, before: readonly Assignment[]): readonly Assignment[] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It must be PATH=VALUE, such as arrivals.rate=100.");
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}
