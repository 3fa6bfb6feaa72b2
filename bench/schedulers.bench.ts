/**
 * What one choice costs among 10, 100, 1,000 and 10,000 destinations, beside a plain scan of the list.
 *
 *     npm run bench:schedulers [-- --json FILE] [--rounds N] [SCHEDULER...]
 *
 * A choice includes what it brings: its connection is bound and turns active, another turns inactive and
 * ends. bench/README.md says how the figures are taken and what they were.
 *
 * @module
 */
import { parseArgs } from "node:util";
import Benchmark from "benchmark";
import { schedulers } from "../schedulers/index.ts";
import { maglevHashing } from "../schedulers/mh.ts";
import type { Destination } from "../src/engine/destination.ts";
import type { SchedulerModule } from "../src/engine/scheduler.ts";
import { SERVICE_FLAG } from "../src/wire/ipvs-objects.ts";
import { maglev } from "../test/schedulers/plain/hashed.ts";
import { plainSchedulers } from "../test/schedulers/plain/index.ts";
import type { PlainModule } from "../test/schedulers/plain/plain-scheduler.ts";
import { type BusyOptions, BusyService } from "./schedulers/busy-service.ts";
import { Report, withSpread } from "./support/report.ts";
import { middle, pairedRatio, pairedRounds } from "./support/rounds.ts";

const SIZES = [10, 100, 1_000, 10_000] as const;
const FEWEST = SIZES[0];
const MOST = SIZES[3];
const ROUNDS = 11;
/** Choices a call of the measured function makes, so that the call itself does not count. */
const BATCH = 64;
/** Seconds a sample takes at least. */
const SAMPLE = 0.02;
/** What a choice at 10,000 destinations may cost, in times of one at 10. */
const GOAL = 3;
/** Slots of mh's table: with more destinations than that, it stays as it was. */
const MH_SLOTS = 4_093;
const BIG_TABLE = 65_521;

/** One line of the table. */
interface Case {
  readonly name: string;
  readonly module: SchedulerModule;
  readonly plain: PlainModule;
  readonly service?: Omit<BusyOptions, "destinations">;
}

const CASES: readonly Case[] = [
  ...[...schedulers].map(([name, module]) => ({
    name,
    module,
    plain: plainSchedulers.get(name)!,
    ...(name === "mh" ? { service: { boundAt: MH_SLOTS } } : {}),
  })),
  ...["rr", "wrr", "wlc", "twos"].map((name) => ({
    name: `${name}, 9 of 10 unusable`,
    module: schedulers.get(name)!,
    plain: plainSchedulers.get(name)!,
    service: { unusable: 0.9 },
  })),
  ...["sh", "mh"].map((name) => ({
    name: `${name} with fallback, 9 of 10 unusable`,
    module: schedulers.get(name)!,
    plain: plainSchedulers.get(name)!,
    service: { unusable: 0.9, flags: SERVICE_FLAG.scheduler1, boundAt: MH_SLOTS },
  })),
  {
    name: `mh, ${BIG_TABLE} slots`,
    module: maglevHashing(BIG_TABLE),
    plain: maglev(BIG_TABLE),
  },
  ...["lblc", "lblcr"].map((name) => ({
    name: `${name}, one address`,
    module: schedulers.get(name)!,
    plain: plainSchedulers.get(name)!,
    service: { targets: 1 },
  })),
];

/** Returns what a choice costs, in ns. */
function nsPerChoice(service: BusyService): number {
  const benchmark = new Benchmark(() => service.run(BATCH), {
    async: false,
    minTime: SAMPLE,
    maxTime: 0,
    minSamples: 1,
  });
  benchmark.run();
  if (benchmark.error) throw benchmark.error;
  return (benchmark.stats.mean * 1e9) / BATCH;
}

async function measure({ name, module, plain, service }: Case, rounds: number) {
  const subjects = SIZES.flatMap((destinations) => {
    const ours = new BusyService((bound, context) => module.bind(bound, context), {
      ...service,
      destinations,
    });
    const scan = new BusyService(
      (bound, context) => {
        const scheduler = plain(bound, context);
        const destinationAdded = (added: Destination) => scheduler.added?.(added);
        destinationAdded(bound.destinations[0]!);
        return { schedule: (request) => scheduler.schedule(request), destinationAdded };
      },
      { ...service, destinations },
    );
    return [
      { name: `${destinations}`, run: () => nsPerChoice(ours) },
      { name: `scan of ${destinations}`, run: () => nsPerChoice(scan) },
    ];
  });
  const samples = await pairedRounds(subjects, rounds, 1);
  const of = (subject: string) => samples.get(subject)!;
  return {
    name,
    ours: SIZES.map((size) => middle(of(`${size}`))),
    scan: SIZES.map((size) => middle(of(`scan of ${size}`))),
    growth: pairedRatio(of(`${MOST}`), of(`${FEWEST}`)),
    gain: pairedRatio(of(`scan of ${MOST}`), of(`${MOST}`)),
  };
}

const { values, positionals } = parseArgs({
  options: { json: { type: "string" }, rounds: { type: "string" } },
  allowPositionals: true,
});
const rounds = Number(values.rounds ?? ROUNDS);
const wanted = CASES.filter(
  ({ module }) => positionals.length === 0 || positionals.includes(module.name),
);
const unknown = positionals.filter((name) => !schedulers.has(name));
if (unknown.length > 0 || !(rounds >= 1)) {
  process.stderr.write(
    unknown.length > 0
      ? `No scheduler is named ${unknown.join(", ")}: must be of ${[...schedulers.keys()].join(", ")}\n`
      : `Cannot take ${values.rounds} rounds: must be 1 or more\n`,
  );
  process.exit(2);
}

const report = new Report("schedulers", values.json);
const results = [];
for (const subject of wanted) {
  const result = await measure(subject, rounds);
  results.push(result);
  report.keep({ ...result, destinations: SIZES, unit: "ns a choice", rounds });
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${result.name}`);
}
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
report.table(
  `ns a choice, median of ${rounds} rounds and half the width of their middle half`,
  [
    "",
    ...SIZES.map((size) => `${size}`),
    `${MOST}:${FEWEST}`,
    ...SIZES.map((size) => `scan ${size}`),
    "scan:ours",
  ],
  results.map(({ name, ours, scan, growth, gain }) => [
    name,
    ...ours.map((each) => withSpread(each, 0)),
    `${growth.median.toFixed(2)} x`,
    ...scan.map((each) => each.median.toFixed(0)),
    `${gain.median.toFixed(1)} x`,
  ]),
);
const grown = results.filter(({ growth }) => growth.median > GOAL);
report.say(
  grown.length === 0
    ? `\nEvery choice among ${MOST} costs at most ${GOAL} times one among ${FEWEST}.`
    : `\nMore than ${GOAL} times: ${grown.map(({ name }) => name).join("; ")}.`,
);
report.end();
