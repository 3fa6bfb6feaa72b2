/**
 * How fast packets pass: the director, and what one would otherwise use, on the same network.
 *
 *     npm run bench:live [-- --rounds N] [--only NAME] [--json FILE]
 *
 * Client, director and real servers are namespaces of this machine; bench/README.md says how it is measured
 * and what came out.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { sentenceOf } from "../src/base/sentence.ts";
import { Bed, REAL, VIRTUAL } from "./live/bed.ts";
import { CONTENDERS, type Contender, missing } from "./live/contenders.ts";
import { type Latency, latency, MEASURES } from "./live/measures.ts";
import { Report, withSpread } from "./support/report.ts";
import { middle, pairedRatio } from "./support/rounds.ts";

/** Milliseconds the director is watched while nothing happens. */
const IDLE = 3000;

const LATENCIES = ["added latency, p50", "added latency, p99"] as const;
const PROCESSOR = ["processor, bulk TCP", "processor, idle"] as const;

/** Samples of one contender by measure, one a round. */
type Samples = Map<string, number[]>;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    only: { type: "string" },
    json: { type: "string" },
  },
});
const rounds = Number(values.rounds);

const lacking = missing(["iperf3", "wrk", "nginx", "curl"]);
if (lacking.length > 0) {
  process.stderr.write(`The live benchmark needs the programs ${lacking.join(", ")}\n`);
  process.exit(1);
}

const report = new Report("live", values.json);
const contenders = CONTENDERS.filter(({ name }) => name.includes(values.only ?? ""));
const samples = new Map(contenders.map(({ name }) => [name, new Map() as Samples]));
/** Why there are no figures of a contender. */
const obstacles = new Map<string, string>();

const bed = await Bed.build();
try {
  for (let round = 0; round < rounds; round++) {
    const direct = await latency(bed, REAL[0]);
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      progress(`round ${round + 1} of ${rounds}: ${contender.name}`);
      await tryOut(contender, direct);
    }
  }
} finally {
  progress("");
  await bed.close();
}
tell();
report.end();

/** Measures one contender once, if it can be had. */
async function tryOut(contender: Contender, direct: Latency): Promise<void> {
  const { name } = contender;
  if (obstacles.has(name)) return;
  const lacks = missing(contender.programs);
  if (lacks.length > 0) return void obstacles.set(name, `there is no program ${lacks.join(", ")}`);
  let stop: (() => Promise<void>) | undefined;
  try {
    stop = await contender.start(bed);
    await bed.awaitPage(VIRTUAL);
    await measure(contender, direct);
  } catch (error) {
    obstacles.set(name, sentenceOf(error));
  } finally {
    await stop?.();
  }
}

async function measure({ name, udp }: Contender, direct: Latency): Promise<void> {
  const own = samples.get(name)!;
  const note = (measure: string, value: number): void => {
    own.set(measure, [...(own.get(measure) ?? []), value]);
  };
  for (const measure of MEASURES) {
    if (measure.udp && !udp) continue;
    const began = { time: performance.now(), processor: bed.processorTime() };
    note(measure.name, await measure.run(bed, VIRTUAL));
    if (measure === MEASURES[0]) note(PROCESSOR[0], usedSince(began));
  }
  const through = await latency(bed, VIRTUAL);
  note(LATENCIES[0], through.p50 - direct.p50);
  note(LATENCIES[1], through.p99 - direct.p99);
  const began = { time: performance.now(), processor: bed.processorTime() };
  await pause(IDLE);
  note(PROCESSOR[1], usedSince(began));
}

/** Returns the use of a processor since then, in per cent. */
function usedSince(began: { readonly time: number; readonly processor: number }): number {
  const seconds = (performance.now() - began.time) / 1000;
  return ((bed.processorTime() - began.processor) / seconds) * 100;
}

/** Prints the figures, and those of others as parts of the first one's. */
function tell(): void {
  const rows = [
    ...MEASURES.map(({ name, unit, digits }) => ({ name, unit, digits, compared: true })),
    ...LATENCIES.map((name) => ({ name, unit: "µs", digits: 0, compared: false })),
    ...PROCESSOR.map((name) => ({ name, unit: "%", digits: 1, compared: false })),
  ];
  const first = contenders[0]!;
  for (const { name, unit, digits, compared } of rows) {
    const lines = contenders.map((contender) => {
      const own = samples.get(contender.name)?.get(name) ?? [];
      const firsts = samples.get(first.name)?.get(name) ?? [];
      const value = middle(own);
      const ratio = pairedRatio(firsts.slice(0, own.length), own);
      report.keep({ measure: name, unit, contender: contender.name, samples: own, ...value });
      if (own.length === 0) return [contender.name, obstacles.get(contender.name) ?? "not offered"];
      const figure = compared ? withSpread(value, digits) : value.median.toFixed(digits);
      return [contender.name, figure, compared ? ratio.median.toFixed(2) : undefined];
    });
    report.table(`${name}, ${unit}`, ["", "median", compared ? `${first.name} has ×` : ""], lines);
  }
  for (const [name, obstacle] of obstacles) {
    report.say(`${name} has not been measured to the end: ${obstacle}`);
    report.keep({ contender: name, obstacle });
  }
}

/** Says on a terminal what goes on. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
