/** Captured packets as a workload: decisions are those of `uipvs replay`, whatever the scheduler. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import t from "tap";
import { parseDocument } from "../../src/bench/report/document.ts";
import { register } from "../../src/cli/replay.ts";
import type { DecisionRecord } from "../../src/replay/decision-line.ts";
import { bench, fixture } from "./support.ts";

const CAPTURE = fixture("http.pcap");
const RULES = fixture("http.rules");
const PACKETS = 488;

/** Returns the lines `uipvs replay --decisions` writes. */
async function replayed(rules: string): Promise<string> {
  let lines = "";
  const program = new Command("uipvs").exitOverride().configureOutput({
    writeOut: (text) => {
      lines += text;
    },
    writeErr: () => {},
  });
  register(program);
  await program.parseAsync(["replay", "--rules", rules, "--in", CAPTURE, "--decisions", "-"], {
    from: "user",
  });
  return lines;
}

function recordsOf(lines: string): readonly DecisionRecord[] {
  return lines
    .trimEnd()
    .split("\n")
    .map((line): DecisionRecord => JSON.parse(line));
}

t.test("the decisions are those of a replay, packet by packet", async (t) => {
  const expected = await replayed(RULES);
  const { out } = await bench("--capture", CAPTURE, "--rules", RULES, "--decisions", "-");
  const [ours, theirs] = [recordsOf(out), recordsOf(expected)];
  t.equal(ours.length, PACKETS);
  t.same(
    ours.filter((record, at) => JSON.stringify(record) !== JSON.stringify(theirs[at])),
    [],
  );
  t.equal(out, expected);
});

for (const scheduler of ["rr", "sh", "mh", "lblcr", "twos"]) {
  t.test(`--compare ${scheduler} decides as if the rules named it`, async (t) => {
    const rules = join(t.testdir(), "rules");
    writeFileSync(rules, readFileSync(RULES, "utf8").replace("-s wlc", `-s ${scheduler}`));
    const { out } = await bench(
      ...["--capture", CAPTURE, "--rules", RULES],
      ...["--compare", scheduler, "--decisions", "-"],
    );
    t.equal(out, await replayed(rules));
  });
}

t.test("figures are those of the decisions, scheduler by scheduler", async (t) => {
  const compared = ["as-configured", "rr", "mh"];
  const { out } = await bench(
    ...["--capture", CAPTURE, "--rules", RULES],
    ...["--compare", compared.join(","), "--json"],
  );
  const { results } = parseDocument(out, "the output");
  t.same(
    results.map((result) => result.scheduler),
    compared,
  );
  const made = recordsOf(await replayed(RULES)).filter(({ connection }) => connection === "new");
  t.equal(results[0]?.figures.connections, made.length);
  t.same(
    results[0]?.servers.map(({ name, connections }) => [name, connections]),
    ["10.0.1.1:8080", "10.0.1.2:8080", "10.0.1.3:8080"].map((name) => [
      name,
      made.filter(({ destination }) => destination === name).length,
    ]),
  );
  // 80 connections in turn to three servers of the weights 1, 2 and 3: 27 over 80/6 is the most by weight.
  t.same(results[1]?.servers.map(({ connections }) => connections).sort(), [26, 27, 27]);
  t.ok((results[0]?.figures.imbalance ?? 0) > 0);
});

t.test("a keepalived.conf serves as rules as well", async (t) => {
  const { out } = await bench(
    ...["--capture", CAPTURE, "--rules", fixture("http.conf"), "--decisions", "-"],
  );
  t.equal(out, await replayed(RULES));
});

t.test("a workload file names capture and rules from its own folder", async (t) => {
  const folder = t.testdir({ "workload.yaml": "capture: http.pcap\nrules: http.rules\n" });
  for (const name of ["http.pcap", "http.rules"]) {
    writeFileSync(join(folder, name), readFileSync(fixture(name)));
  }
  const { out } = await bench(join(folder, "workload.yaml"), "--csv");
  t.match(out, /^run,scheduler,.*\n0,as-configured,0,1,80,/);
});

t.test("what cannot be used is told", async (t) => {
  const broken = (reason: RegExp, ...words: readonly string[]) =>
    t.rejects(bench(...words), { name: "CommandFailure", exitCode: 2, message: reason });
  const capture = join(t.testdir({ "in.pcap": "no capture" }), "in.pcap");
  await broken(/in\.pcap": at offset 0/, "--capture", capture, "--rules", RULES);
  await broken(/give the rules with --rules/, "--capture", CAPTURE);
  await broken(/workload "web": connections are/, "web", "--capture", CAPTURE, "--rules", RULES);
  await broken(
    /there is no "10\.0\.0\.100:443", give --service with one of TCP 10\.0\.0\.100:80/,
    ...["--capture", CAPTURE, "--rules", RULES, "--service", "10.0.0.100:443"],
  );
  await broken(
    /takes one scheduler/,
    ...["--capture", CAPTURE, "--rules", RULES, "--compare", "rr,wlc", "--decisions", "-"],
  );
  await broken(
    /scheduler "nonsense": must be all, or of as-configured, rr/,
    ...["--capture", CAPTURE, "--rules", RULES, "--compare", "nonsense"],
  );
});
