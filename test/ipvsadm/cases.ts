/**
 * Recorded runs of ipvsadm 1.31 on a Linux 6.1 kernel, and how to repeat one.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { IpvsError } from "../../src/base/error.ts";
import type { Backend } from "../../src/control/backend.ts";
import { formatEndpoint } from "../../src/net/endpoint.ts";
import type { StatsSnapshot } from "../../src/wire/ipvs-objects.ts";
import { fixture } from "../support/files.ts";
import { noBackend, type Printed, runIpvsadm } from "./support.ts";

/** A command that prepares the table, or one that makes an interface. */
export type SetupStep =
  | { readonly argv: readonly string[]; readonly stdin?: string }
  | { readonly shell: string };

/** One recorded run. */
export interface RecordedCase extends Printed {
  readonly argv: readonly string[];
  readonly stdin: string;
  readonly group: string;
  /** Whether the run got as far as the table. */
  readonly kernel?: boolean;
  readonly setup?: readonly SetupStep[];
  readonly argv0?: string;
  /** A script of the package that was run instead of the program. */
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The text the program read as its table of connections. */
  readonly conn_table?: string;
  /** Counters the program was given, by address and port. */
  readonly counters?: Readonly<Record<string, RecordedCounters>>;
}

/** 64-bit values in decimal. */
type RecordedCounters = Readonly<Record<keyof typeof COUNTERS, string>>;

const COUNTERS = {
  conns: "conns",
  inpkts: "inPackets",
  outpkts: "outPackets",
  inbytes: "inBytes",
  outbytes: "outBytes",
  cps: "cps",
  inpps: "inPps",
  outpps: "outPps",
  inbps: "inBps",
  outbps: "outBps",
} as const satisfies Record<string, keyof StatsSnapshot>;

/** Makes a fresh table; interfaces are those the setup commands for the shell make. */
export type TableFactory = (shellSetup: readonly string[]) => Promise<Backend>;

/** Returns every recorded run. */
export function recordedCases(): readonly RecordedCase[] {
  const text = readFileSync(fixture("ipvsadm", "cases.jsonl"), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordedCase);
}

/** Repeats a run on a fresh table; one that should not get as far as the table has none. */
export async function repeat(recorded: RecordedCase, makeTable: TableFactory): Promise<Printed> {
  const { argv, stdin, argv0: name, program, env, setup = [] } = recorded;
  const options = {
    stdin,
    program,
    ...(name === undefined ? {} : { name }),
    ...(env ? { env } : {}),
  };
  if (!recorded.kernel) return runIpvsadm(argv, { ...options, openBackend: noBackend });
  const table = await makeTable(setup.flatMap((step) => ("shell" in step ? step.shell : [])));
  const openBackend = async () => unclosed(table);
  for (const step of setup) {
    if ("shell" in step) continue;
    const printed = await runIpvsadm(step.argv, { openBackend, stdin: step.stdin ?? "" });
    if (printed.code !== 0 && step.stdin === undefined) {
      throw new Error(`Setup ${step.argv.join(" ")} failed: ${printed.stderr}`);
    }
  }
  const outcome = await runIpvsadm(argv, {
    ...options,
    openBackend: async () => withCounters(withConnections(unclosed(table), recorded), recorded),
  });
  await table.close();
  return outcome;
}

/** The table outlives each run. */
function unclosed(backend: Backend): Backend {
  return overlay(backend, { close: async () => {} });
}

function withConnections(backend: Backend, { conn_table: text }: RecordedCase): Backend {
  if (text === undefined) return backend;
  return overlay(backend, {
    statusFile: async function* (name) {
      if (name !== "ip_vs_conn") throw new IpvsError("ENOENT", `No status file "${name}"`);
      yield text;
    },
  });
}

function withCounters(backend: Backend, { counters }: RecordedCase): Backend {
  if (counters === undefined) return backend;
  const stats = (text: string, fallback: StatsSnapshot) => snapshot(counters[text]) ?? fallback;
  return overlay(backend, {
    services: async () =>
      (await backend.services()).map((service) => ({
        ...service,
        stats: stats(formatEndpoint(service.id), service.stats),
      })),
    destinations: async (id) =>
      (await backend.destinations(id)).map((destination) => ({
        ...destination,
        stats: stats(formatEndpoint(destination.id), destination.stats),
      })),
  });
}

function snapshot(counters: RecordedCounters | undefined): StatsSnapshot | undefined {
  if (counters === undefined) return undefined;
  const entries = Object.entries(COUNTERS).map(([recorded, name]) => [
    name,
    BigInt(counters[recorded as keyof RecordedCounters]),
  ]);
  return Object.fromEntries(entries) as StatsSnapshot;
}

/** Returns a backend that answers some requests itself. */
function overlay(backend: Backend, own: Partial<Backend>): Backend {
  return new Proxy(backend, {
    get(target, name) {
      const member: unknown = Reflect.get(own, name) ?? Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
