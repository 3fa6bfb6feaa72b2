/**
 * What `uipvs bench` does.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { sentenceOf } from "../base/sentence.ts";
import { regressions } from "../bench/baseline.ts";
import { runCapture } from "../bench/capture-run.ts";
import { isCapture } from "../bench/capture-workload.ts";
import { doRuns } from "../bench/crew.ts";
import { makePlan, type Plan, type PlannedRun } from "../bench/plan.ts";
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
  readWorkload,
  WorkloadError,
  workloadNames,
} from "../bench/workload-file.ts";
import { DecisionSink } from "../replay/decision-sink.ts";
import { ReplayError } from "../replay/replay.ts";
import { isBrokenRules } from "../rules/read-rules.ts";
import type { BenchOptions, OutputOptions } from "./bench.ts";
import { BenchProgress } from "./bench-progress.ts";
import { prepareWorkload } from "./bench-workload.ts";
import { CommandFailure, EXIT, remark, say } from "./terminal.ts";

const STDOUT = "-";

/** Does a benchmark, or a shard of it. */
export async function run(
  command: Command,
  name: string | undefined,
  options: BenchOptions,
): Promise<void> {
  if (options.list === true) return list(command);
  await refusing(async () => {
    const onRemark = (text: string) => remark(command, text);
    const { raw, packets, digest } = await prepareWorkload(name, options, onRemark);
    const plan = makePlan(raw, digest);
    const { baseline, shard, decisions } = options;
    const before =
      baseline === undefined ? undefined : parseDocument(readFileSync(baseline, "utf8"), baseline);
    const runs =
      shard === undefined ? plan.runs : runsOf(plan.runs, parseShard(shard, process.env));
    if (decisions !== undefined) await writeDecisions(command, plan, decisions);
    // The standard output belongs to the decisions where they go there.
    if (decisions === STDOUT) return;
    if (shard !== undefined) {
      // Each result is written as soon as it is there.
      const write = (line: string) => command.configureOutput().writeOut?.(line);
      write(headLine(headOf(plan)));
      await runAll(runs, options, packets, write);
      return;
    }
    const document = { ...headOf(plan), results: await runAll(runs, options, packets) };
    await put(command, document, options);
    if (before !== undefined) judge(command, before, document, options.tolerance);
  });
}

async function runAll(
  runs: Plan["runs"],
  { threads, timing }: BenchOptions,
  packets: number | undefined,
  onResult?: (line: string) => void,
) {
  const sizeOf = ({ workload }: PlannedRun) =>
    isCapture(workload) ? (packets ?? 0) : workload.connections;
  const progress = new BenchProgress(
    runs.reduce((sum, each) => sum + sizeOf(each), 0),
    packets === undefined ? "connections" : "packets",
  );
  try {
    return await doRuns(runs, {
      threads,
      timed: timing,
      sizeOf,
      onProgress: (done) => progress.add(done),
      onResult: (result) => onResult?.(resultLine(result)),
    });
  } finally {
    progress.end();
  }
}

/** Writes what is decided about each packet of a capture, as `uipvs replay` does. */
async function writeDecisions(command: Command, { runs }: Plan, path: string): Promise<void> {
  const [only] = runs;
  if (only === undefined || runs.length > 1 || !isCapture(only.workload)) {
    throw new WorkloadError("Cannot use --decisions: it takes one scheduler and a capture");
  }
  const write = (text: string) => command.configureOutput().writeOut?.(text);
  const sink = new DecisionSink(path === STDOUT ? write : path);
  try {
    await runCapture(only.workload, only.scheduler, { onDecision: (record) => sink.add(record) });
    sink.flush();
  } finally {
    sink.close();
  }
}

function headOf({ fingerprint, runs, workload }: Plan) {
  return { plan: fingerprint, runs: runs.length, workload };
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
      error instanceof DocumentError ||
      error instanceof ReplayError ||
      isBrokenRules(error);
    if (usage) throw new CommandFailure(sentenceOf(error), EXIT.usage);
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
