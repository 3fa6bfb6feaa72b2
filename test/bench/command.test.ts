/** What `uipvs bench` prints, in every form, and how it ends. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { parseDocument } from "../../src/bench/report/document.ts";
import { uipvs } from "../cli/support.ts";
import { ROOT } from "../support/files.ts";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";
import { bench } from "./support.ts";

const TEXT = `name: small
connections: 300
arrivals: { kind: regular, rate: 10 }
clients: { kind: uniform, count: 100 }
durations: { kind: fixed, mean: 1 }
servers:
  - { count: 3 }
schedulers: [rr, fo]
disruptionClients: 300
churn: [{ at: 20.05, action: remove, server: 1 }]
published:
  source: A book
  note: In theory.
  rows: [{ scheduler: rr, figure: maxOverAverage, value: 1 }]
`;

function workload(folder: string, text = TEXT): string {
  const path = join(folder, "small.yaml");
  writeFileSync(path, text);
  return path;
}

t.test(
  "tables tell figures, servers, what happened, published values, and what it means",
  async (t) => {
    const path = workload(t.testdir());
    const { out, err } = await bench(path, "--no-timing");
    t.equal(err, "", "quiet where there is no terminal");
    t.match(out, /^small: 2 runs of 300 connections, seed 1\n/);
    t.match(out, /\nBalance\n scheduler {2}max\/avg .*\n rr +1\.0\d\d /);
    t.match(out, /\nPublished: A book\n.*\n rr +max\/avg +1\.000 +1\.0\d\d\nIn theory\.\n/);
    t.match(
      out,
      /- Connections are split closest to the weights by rr \(max\/avg 1\.0\d\d\), least so by fo/,
    );
    t.match(out, /Nearly all connections go to one server with fo|least so by fo/);
    const single = await bench(path, "--no-timing", "--compare", "rr");
    t.match(single.out, /\nServers\n server .*\n 0 +1 +\d+ +\d+\.\d\d %/);
    t.match(single.out, /\nHappenings\n.*\n 20\.1 s +remove +1 +10 +[34] /);
  },
);

t.test("JSON and CSV hold the same figures", async (t) => {
  const path = workload(t.testdir());
  const json = parseDocument((await bench(path, "--no-timing", "--json")).out, "the output");
  const [head, ...lines] = (await bench(path, "--no-timing", "--csv")).out.trimEnd().split("\n");
  t.equal(lines.length, json.results.length);
  lines.forEach((line, at) => {
    const cells = new Map(head!.split(",").map((name, column) => [name, line.split(",")[column]]));
    for (const [key, value] of Object.entries(json.results[at]!.figures)) {
      t.equal(cells.get(key), value === null ? "" : String(value), key);
    }
  });
  const timed = parseDocument((await bench(path, "--json")).out, "the output");
  t.ok(timed.results.every(({ timing }) => (timing?.nsPerChoice ?? 0) > 0));
});

t.test("the same seed gives the same bytes, on one thread and on two", async (t) => {
  const path = workload(t.testdir(), TEXT.replace("regular", "poisson").replace("fixed", "pareto"));
  // As many as need threads.
  const words = [path, "--no-timing", "--json", "--compare", "all", "--connections", "2000"];
  const one = await bench(...words, "--threads", "1");
  t.equal((await bench(...words, "--threads", "2")).out, one.out);
  t.not((await bench(...words, "--seed", "2")).out, one.out);
});

t.test("a baseline is kept, or what is worse is told with status 1", async (t) => {
  const folder = t.testdir();
  const path = workload(folder);
  const baseline = join(folder, "baseline.json");
  const { out } = await bench(path, "--no-timing", "--json");
  writeFileSync(baseline, out);
  await bench(path, "--baseline", baseline);
  const better = JSON.parse(out);
  better.results[0].figures.broken = 0;
  writeFileSync(baseline, JSON.stringify(better));
  const worse = await uipvs(["bench", path, "--no-timing", "--baseline", baseline]);
  t.equal(worse.status, 1);
  t.match(
    worse.stderr,
    /^uipvs: rr: broken is [34], was 0\nuipvs: 1 figure is worse than in the baseline\n$/,
  );
  better.results[0].figures.broken = 2;
  writeFileSync(baseline, JSON.stringify(better));
  await bench(path, "--no-timing", "--baseline", baseline, "--tolerance", "100");
  writeFileSync(baseline, "{}");
  await t.rejects(bench(path, "--baseline", baseline), { exitCode: 2, message: /it is no result/ });
});

t.test("--repeat gives intervals", async (t) => {
  const path = workload(t.testdir(), TEXT.replace("regular", "poisson"));
  const { out } = await bench(path, "--no-timing", "--repeat", "4");
  t.match(out, /8 runs of 300 connections, 4 seeds from 1 on/);
  t.match(out, / ±\d/);
});

t.test("what cannot be understood ends with status 2, and says where and why", async (t) => {
  const broken = async (reason: RegExp, ...words: readonly string[]) =>
    t.rejects(bench(...words), { exitCode: 2, message: reason });
  const bad = workload(
    join(t.testdir({ bad: {} }), "bad"),
    TEXT.replace("count: 3", "count: three"),
  );
  await broken(/small\.yaml", line 7, servers\.0\.count: .*\(found "three"\)/, bad);
  const path = workload(t.testdirName);
  await broken(/Cannot find workload "nothing": must be a file, or one of cheetah/, "nothing");
  await broken(/scheduler "wlx": must be all, or of rr/, path, "--compare", "wlx");
  await broken(/connections: .*>=1 \(found 0\)/, path, "--connections", "0");
  await broken(/servers\.0\.weight: /, path, "--set", "servers.0.weight=-1");
  await broken(/"arrivals" has no parts|arrivals\.rate\.x/, path, "--set", "arrivals.rate.x=1");
  await broken(/must be I\/N with I of 1–N/, path, "--shard", "9/8");
  await broken(/must be a prime, such as 4093 \(found 4000\)/, path, "--set", "mhTable=4000");
  await broken(/variables\.sloppy_tcp: .*\(found "x"\)/, path, "--set", "variables.sloppy_tcp=x");
  await broken(
    /variables\.nonsense: Unknown variable.*\(found 1\)/,
    path,
    "--set",
    "variables.nonsense=1",
  );
  const process = await uipvs(["bench", bad]);
  t.equal(process.status, 2);
  t.equal(process.stdout, "");
  t.match(process.stderr, /^uipvs: Cannot use workload ".*small\.yaml", line 7/);
});

t.test("a file that is not there is a failure", async (t) => {
  const folder = t.testdir();
  const path = workload(folder);
  const missing = join(folder, "missing.json");
  const program = await uipvs(["bench", "merge", missing]);
  t.equal(program.status, 1);
  t.match(program.stderr, /missing\.json/);
  await t.rejects(bench(path, "--baseline", missing), /missing\.json/);
  await t.rejects(bench("--rules", missing), /missing\.json/);
});

t.test(
  "shards under GNU parallel join to the bytes of one process",
  { skip: lacking(missing("parallel")) },
  async (t) => {
    const folder = t.testdir();
    const path = workload(folder);
    const words = `${path} --no-timing --repeat 5 --sweep arrivals.rate=5,10`;
    const program = join(ROOT, "bin", "uipvs.js");
    execFileSync(
      "parallel",
      [
        `node ${program} bench ${words} --threads 1 --shard auto/4 > {}.lines`,
        ":::",
        "a",
        "b",
        "c",
        "d",
      ],
      { cwd: folder, stdio: "pipe" },
    );
    const files = ["d", "a", "c", "b"].map((name) => join(folder, `${name}.lines`));
    const whole = await bench(...words.split(" "), "--json");
    t.equal((await bench("merge", ...files, "--json")).out, whole.out);
    t.equal(
      readFileSync(files[0]!, "utf8").split("\n").length,
      1 + 5 + 1,
      "a head and five of twenty runs",
    );
  },
);
