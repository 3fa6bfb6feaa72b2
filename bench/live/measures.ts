/**
 * What is measured of whoever balances: each a program that knows nothing of us, run on the client.
 *
 * @module
 */
import { type Bed, HTTP, IPERF } from "./bed.ts";

/** Seconds each runs. */
const SECONDS = 2;

/**
 * Seconds of the same before anything counts: what a program has to do once, such as compiling itself and
 * growing its tables, and what TCP has to find out, is not what is measured.
 */
const WARM_UP = 2;

/** One figure of a contender. */
export interface Measure {
  readonly name: string;
  readonly unit: string;
  /** Digits behind the point. */
  readonly digits: number;
  /** Whether it needs a balancer of UDP. */
  readonly udp?: true;
  /** Returns the figure of what has `address`, or several, by the names that are added to `name`. */
  run(bed: Bed, address: string): Promise<number>;
}

const TIMEOUT = 30_000;

/** Kept connections and threads of the web client. */
const CONNECTIONS = 32;

export const MEASURES: readonly Measure[] = [
  { name: "bulk TCP, 1 stream", unit: "Gbit/s", digits: 2, run: (bed, to) => bulk(bed, to, 1) },
  { name: "bulk TCP, 8 streams", unit: "Gbit/s", digits: 2, run: (bed, to) => bulk(bed, to, 8) },
  {
    name: "connections",
    unit: "1/s",
    digits: 0,
    run: async (bed, to) => rate(await web(bed, to, CONNECTIONS, ["-H", "Connection: close"])),
  },
  {
    name: "requests",
    unit: "1/s",
    digits: 0,
    run: async (bed, to) => rate(await web(bed, to, CONNECTIONS, [])),
  },
  { name: "UDP packets of 64 bytes", unit: "1/s", digits: 0, udp: true, run: datagrams },
];

/** Quantiles of the time one request at a time takes, in µs. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Returns the time a request takes on one kept connection, with nothing else going on. */
export async function latency(bed: Bed, to: string): Promise<Latency> {
  const said = await web(bed, to, 1, []);
  return { p50: microseconds(said, "50%"), p99: microseconds(said, "99%") };
}

/** The part that matters here of what `iperf3 --json` prints. */
interface IperfReport {
  readonly error?: string;
  readonly end: {
    readonly sum_received?: { readonly bits_per_second: number };
    readonly sum?: {
      readonly packets: number;
      readonly lost_packets: number;
      readonly seconds: number;
    };
  };
}

async function bulk(bed: Bed, to: string, streams: number): Promise<number> {
  const times = ["--omit", `${WARM_UP}`, "--time", `${SECONDS}`];
  const { end } = await iperf(bed, to, [...times, "--parallel", `${streams}`]);
  return (end.sum_received?.bits_per_second ?? Number.NaN) / 1e9;
}

/** As many as can be sent are; what counts is what arrives. */
async function datagrams(bed: Bed, to: string): Promise<number> {
  // Nothing comes before: iperf3 counts datagrams wrong where it leaves out the first ones, and two runs in a row
  // may end with a server that waits for ever. Whoever balances is warm from what was measured before.
  const words = ["--udp", "--bandwidth", "0", "--length", "64", "--time", `${SECONDS}`];
  const { end } = await iperf(bed, to, words);
  if (end.sum === undefined) return Number.NaN;
  return (end.sum.packets - end.sum.lost_packets) / end.sum.seconds;
}

async function iperf(bed: Bed, to: string, words: readonly string[]): Promise<IperfReport> {
  const line = ["iperf3", "--json", "--client", to, "--port", `${IPERF}`];
  const { stdout } = await bed.client.run([...line, ...words], { timeout: TIMEOUT });
  const report = JSON.parse(stdout) as IperfReport;
  if (report.error !== undefined) throw new Error(`iperf3: ${report.error}`);
  return report;
}

async function web(
  bed: Bed,
  to: string,
  connections: number,
  words: readonly string[],
): Promise<string> {
  const load = (seconds: number): Promise<string> => {
    const line = ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--latency", ...words];
    return bed.client.mustRun([...line, `http://${to}:${HTTP}/`], { timeout: TIMEOUT });
  };
  await load(WARM_UP);
  return load(SECONDS);
}

function rate(said: string): number {
  return Number(/^Requests\/sec: +([\d.]+)$/m.exec(said)?.[1]);
}

const UNITS: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6 };

function microseconds(said: string, quantile: string): number {
  const [, value, unit] = new RegExp(`^ +${quantile} +([\\d.]+)(us|ms|s)$`, "m").exec(said) ?? [];
  return Number(value) * (UNITS[unit ?? ""] ?? Number.NaN);
}
