/**
 * What `uipvs bench` does.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
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
import type { BenchOptions, OutputOptions } from "./bench.ts";
import { BenchProgress } from "./bench-progress.ts";
import { CommandFailure, EXIT, remark, say } from "./terminal.ts";

/** Does a benchmark, or a shard of it. */
export async function run(command: Command, name: string, options: BenchOptions): Promise<void> {
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

/** Joins the results of shards. */
export async function runMerge(
  command: Command,
  files: readonly string[],
  options: OutputOptions,
): Promise<void> {
  await refusing(() => {
    const texts = files.map((file) => [file, readFileSync(file, "utf8")] as const);
    return put(command, mergeLines(texts), options);
  });
}
