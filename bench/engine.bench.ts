/**
 * How fast the engine decides: packets a second beside a C program and a plain `Map`, new connections,
 * expiry, pauses, and memory.
 *
 *     npm run bench:engine [-- SIZE... [--rounds N] [--packets N] [--json FILE]]
 *
 * Sizes are numbers of connections: 1000, 100000, 1000000 and 10000000 unless given. bench/README.md says
 * how figures are taken and what they were.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { nothing, type Pauses } from "./engine/pauses.ts";
import { Rival } from "./engine/rival.ts";
import { Report, withSpread } from "./support/report.ts";
import { type Middle, middle, pairedRatio, pairedRounds } from "./support/rounds.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SOURCE = join(ROOT, "bench", "limit", "limit.c");
const DIRECTOR = fileURLToPath(new URL("./engine/director-contender.js", import.meta.url));
const MAP = fileURLToPath(new URL("./engine/map-contender.js", import.meta.url));

const SIZES = [1000, 100_000, 1_000_000, 10_000_000];
/** Fewer connections than this make no pauses to speak of. */
const LEAST_PAUSES = 100_000;
const METHODS = ["nat", "dr", "tun"];
/** Megabytes of heap a `Map` of ten million connections needs. */
const MAP_HEAP = 12_000;

const OURS = "director";
const LIMIT = "C";
const BATCHED = "C batched";
const BASELINE = "Map";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    packets: { type: "string", default: "2000000" },
    json: { type: "string" },
  },
});
const packets = Number(values.packets);
const sizes = positionals.length > 0 ? positionals.map(Number) : SIZES;
const wrong = [...sizes, ...sizes.map(roundsOf), packets].find(
  (value) => !(Number.isInteger(value) && value > 0),
);
if (wrong !== undefined) {
  process.stderr.write(
    "bench:engine: sizes, --rounds and --packets must be whole numbers above 0\n",
  );
  process.exit(2);
}

/** Paired rounds, unless told: where a round is short it says little, and many of them cost little. */
function roundsOf(size: number): number {
  if (values.rounds !== undefined) return Number(values.rounds);
  return size < LEAST_PAUSES ? 25 : 5;
}

/** Nanoseconds as packets or connections, in millions a second. */
function millions(ns: Middle): string {
  return (1000 / ns.median).toFixed(2);
}

/** Compiles the limit; returns the program, or `undefined` and says what is missing. */
function compileLimit(folder: string, report: Report): string | undefined {
  const program = join(folder, "limit");
  const words = ["-O3", "-march=native", "-o", program, SOURCE];
  const { error, status, stderr } = spawnSync("gcc", words, { encoding: "utf8" });
  if (status === 0) return program;
  report.say(`No limit: ${error === undefined ? stderr : "gcc is not installed"}`);
  return undefined;
}

interface Memory {
  readonly tables: number;
  readonly resident: number;
}

/** Compares all contenders with one method and size. */
async function compare(report: Report, limit: string | undefined, method: string, size: number) {
  const rivals = new Map([[OURS, new Rival(OURS, ["node", DIRECTOR, method, String(size)])]]);
  if (limit !== undefined) rivals.set(LIMIT, new Rival(LIMIT, [limit, method, String(size)]));
  if (method === "nat") {
    const heap = `--max-old-space-size=${MAP_HEAP}`;
    rivals.set(BASELINE, new Rival(BASELINE, ["node", heap, MAP, method, String(size)]));
  }
  const opened: Record<string, number> = {};
  for (const [name, rival] of rivals) opened[name] = await rival.ask<number>("open");
  const memory = await rivals.get(OURS)!.ask<Memory>("memory");
  const subjects = [...rivals].map(([name, rival]) => ({
    name,
    run: () => rival.ask<number>(`run ${packets}`),
  }));
  const c = rivals.get(LIMIT);
  if (c !== undefined) {
    subjects.push({ name: BATCHED, run: () => c.ask<number>(`batch ${packets}`) });
  }
  const samples = await pairedRounds(subjects, roundsOf(size), 2);
  for (const rival of rivals.values()) await rival.end();
  const times = Object.fromEntries([...samples].map(([name, all]) => [name, middle(all)]));
  const ours = samples.get(OURS)!;
  const ratios = Object.fromEntries(
    [...samples]
      .filter(([name]) => name !== OURS)
      .map(([name, all]) => [name, pairedRatio(all, ours)]),
  );
  const result = { kind: "packets", method, size, times, ratios, opened, memory };
  report.keep(result);
  return result;
}

type Comparison = Awaited<ReturnType<typeof compare>>;

function packetRow({ method, size, times, ratios }: Comparison): (string | undefined)[] {
  const ours = times[OURS]!;
  const ns = (name: string) => times[name] && withSpread(times[name], 0);
  const ratio = (name: string) => ratios[name] && withSpread(ratios[name], 2);
  return [
    `${method} ${size}`,
    millions(ours),
    ns(OURS),
    ns(LIMIT),
    ns(BATCHED),
    ns(BASELINE),
    ratio(LIMIT),
    ratio(BATCHED),
    ratio(BASELINE),
  ];
}

function openRow({ method, size, opened, memory }: Comparison): (string | undefined)[] {
  const ours = opened[OURS]!;
  const ns = (name: string) => opened[name]?.toFixed(0);
  return [
    `${method} ${size}`,
    (1000 / ours).toFixed(2),
    ns(OURS),
    ns(LIMIT),
    ns(BASELINE),
    opened[LIMIT] && (opened[LIMIT] / ours).toFixed(2),
    memory.tables.toFixed(1),
    memory.resident.toFixed(1),
  ].map((cell) => (cell === undefined ? cell : String(cell)));
}

/** Opens, lets expire, opens again and flushes `size` connections in turns. */
async function pause(report: Report, size: number): Promise<string[][]> {
  const rival = new Rival(OURS, ["node", DIRECTOR, "nat", String(size)]);
  const began = performance.now();
  const own = await rival.ask<Record<string, Pauses & { perSecond?: number }>>("live");
  await rival.end();
  const stages = { ...own, "idle loop": nothing(performance.now() - began) };
  report.keep({ kind: "pauses", size, stages });
  return Object.entries<Pauses & { perSecond?: number }>(stages).map(
    ([stage, { p999, longest, longestBusy, perSecond }]) => [
      `${stage} ${size}`,
      perSecond === undefined ? "" : (perSecond / 1e6).toFixed(2),
      p999.toFixed(2),
      longest.toFixed(2),
      longestBusy.toFixed(2),
    ],
  );
}

const folder = mkdtempSync(join(tmpdir(), "uipvs-bench-engine-"));
const report = new Report("engine", values.json);
try {
  const limit = compileLimit(folder, report);
  for (const size of sizes) await measure(report, limit, size);
  report.end();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Measures all there is to be of one number of connections, and tells it. */
async function measure(report: Report, limit: string | undefined, size: number): Promise<void> {
  const comparisons: Comparison[] = [];
  for (const method of METHODS) comparisons.push(await compare(report, limit, method, size));
  report.table(
    `Packets of connections drawn at random: ns of the processor, ratios of speed (${roundsOf(size)} paired rounds)`,
    ["", "M/s", OURS, LIMIT, BATCHED, BASELINE, `: ${LIMIT}`, `: ${BATCHED}`, `: ${BASELINE}`],
    comparisons.map(packetRow),
  );
  report.table(
    "New connections: ns of the processor, ratio of speed; bytes a connection",
    ["", "M/s", OURS, LIMIT, BASELINE, `: ${LIMIT}`, "tables", "resident"],
    comparisons.map(openRow),
  );
  if (size < LEAST_PAUSES) return;
  report.table(
    "Turns of the loop while connections come and go: ms",
    ["", "M/s", "p99.9", "longest", "longest, processor"],
    await pause(report, size),
  );
}
