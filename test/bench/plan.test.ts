/** Plans, shards, joined results, baselines, and what is said of broken workloads. */
import t from "tap";
import { regressions } from "../../src/bench/baseline.ts";
import { makePlan } from "../../src/bench/plan.ts";
import {
  type BenchDocument,
  documentLines,
  documentText,
  mergeLines,
} from "../../src/bench/report/document.ts";
import { doRun } from "../../src/bench/run.ts";
import { parseShard, runsOf } from "../../src/bench/shard.ts";
import {
  checkWorkload,
  parseWorkload,
  readWorkload,
  workloadNames,
} from "../../src/bench/workload-file.ts";

const TEXT = `connections: 50
arrivals: { kind: poisson, rate: 10 }
clients: { kind: uniform, count: 10 }
durations: { kind: exponential }
servers:
  - { count: 2 }
schedulers: [rr, wlc]
repeat: 3
sweep: { arrivals.rate: [5, 10] }
`;

async function document(text: string): Promise<BenchDocument> {
  const { workload, runs, fingerprint } = makePlan(parseWorkload(text, "test.yaml"));
  const results = await Promise.all(runs.map((each) => doRun(each, false, () => {})));
  return { plan: fingerprint, runs: runs.length, workload, results };
}

t.test("every workload that comes with the program is right", async (t) => {
  for (const name of workloadNames()) t.ok(checkWorkload(readWorkload(name)).description, name);
});

t.test("a plan is schedulers times values times repetitions", async (t) => {
  const { runs } = makePlan(parseWorkload(TEXT, "test.yaml"));
  t.equal(runs.length, 12);
  t.match(runs[0], { scheduler: "rr", parameters: { "arrivals.rate": 5 }, repetition: 0 });
  t.match(runs.at(-1)?.workload, { arrivals: { rate: 10 } });
  t.equal(runs.at(-1)?.workload.seed, 3);
});

t.test("shards join to what one process gives, in any order", async (t) => {
  const whole = await document(TEXT);
  const shards = [2, 1, 3].map((index): readonly [string, string] => {
    const results = runsOf(whole.results, parseShard(`${index}/3`, {}));
    return [`${index}.lines`, documentLines({ ...whole, results })];
  });
  t.equal(documentText(mergeLines(shards)), documentText(whole));
  t.throws(() => mergeLines(shards.slice(1)), /4 of 12 runs are missing, such as 1, 4/);
  t.throws(() => mergeLines([...shards, shards[0]!]), /run 1 is there twice/);
  const other = await document(TEXT.replace("rate: 10 }", "rate: 11 }"));
  t.throws(() => mergeLines([...shards, ["x", documentLines(other)]]), /it is of plan/);
});

t.test("a shard is told by the environment of Kubernetes, Slurm and GNU parallel", async (t) => {
  t.same(parseShard("auto/8", { JOB_COMPLETION_INDEX: "0" }), { index: 0, count: 8 });
  const slurm = {
    SLURM_ARRAY_TASK_ID: "5",
    SLURM_ARRAY_TASK_MIN: "3",
    SLURM_ARRAY_TASK_COUNT: "4",
  };
  t.same(parseShard("auto", slurm), { index: 2, count: 4 });
  t.same(parseShard("auto/8", { PARALLEL_SEQ: "8" }), { index: 7, count: 8 });
  t.throws(() => parseShard("auto/8", { PARALLEL_SEQ: "9" }), /shard 9 of 8/);
  t.throws(() => parseShard("auto/8", {}), /none of/);
  t.throws(() => parseShard("0/8", {}), /I of 1–N/);
});

t.test("a baseline finds what is worse, and only that", async (t) => {
  const before = await document(TEXT);
  t.same(regressions(before, before, 0.02), []);
  const worse = before.results.map((result) =>
    result.scheduler === "rr"
      ? { ...result, figures: { ...result.figures, broken: 7, jain: 0.5, maxOverAverage: 0.9 } }
      : result,
  );
  const found = regressions(before, { ...before, results: worse }, 0.02);
  t.same(
    found.map(({ row, figure }) => `${row} ${figure}`),
    ["rr rate=5 Jain", "rr rate=5 broken", "rr rate=10 Jain", "rr rate=10 broken"],
  );
});

t.test("a broken workload is told by file, line, place and value", async (t) => {
  const said = (text: string) => () => makePlan(parseWorkload(text, "test.yaml"));
  t.throws(
    said(TEXT.replace("rate: 10 }", "rate: -1 }")),
    /"test\.yaml", line 2, arrivals\.rate: .*\(found -1\)/,
  );
  t.throws(said(TEXT.replace("count: 2", "weihgt: 2")), /line 6, servers\.0: .*weihgt/);
  t.throws(said(`${TEXT}churn: [{ at: 1, action: remove, server: 2 }]\n`), /line 10.*must be 0–1/);
  t.throws(said(TEXT.replace("wlc]", "wlx]")), /scheduler "wlx"/);
  t.throws(said("a: [1"), /line 1/);
  t.throws(() => readWorkload("nothing"), /must be a file, or one of cheetah/);
});
