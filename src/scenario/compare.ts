/**
 * Two transcripts of one scenario, compared: on a recorded kernel and here, or on two beds.
 *
 * What may differ, and nothing else: when a record was made; the order of connection listings, a second of
 * the time left in them, and entries whose time is up; the order of services where it hangs on a hash
 * seed; identifications the director draws for packets it makes, and source ports of tunnels in UDP and of
 * messages to other directors.
 *
 * @module
 */
import { groupBy } from "./group-by.ts";
import { alignedConnections, hasIncomparableServices, sortedServices } from "./normal-listing.ts";
import { normalBytes, normalPacket, normalText } from "./normal-packet.ts";
import type {
  CatRecord,
  CommandRecord,
  SeenPacket,
  ShellRecord,
  TranscriptRecord,
} from "./transcript.ts";

/** What differs in one record. */
export interface Difference {
  /** Line of the scenario. */
  readonly line: number;
  /** What was to be seen, a thing a line; empty where there was to be nothing. */
  readonly wanted: string;
  readonly seen: string;
}

/** Returns all differences, in the order of the scenario. */
export function compareTranscripts(
  wanted: readonly TranscriptRecord[],
  seen: readonly TranscriptRecord[],
): readonly Difference[] {
  const differences: Difference[] = [];
  const lines = new Set([...wanted, ...seen].map(({ line }) => line));
  const wantedByLine = groupBy(wanted, ({ line }) => line);
  const seenByLine = groupBy(seen, ({ line }) => line);
  for (const line of [...lines].sort((a, b) => a - b)) {
    const left = wantedByLine.get(line) ?? [];
    const right = seenByLine.get(line) ?? [];
    for (let index = 0; index < Math.max(left.length, right.length); index++) {
      const pair = shown(left[index], right[index]);
      if (pair.wanted !== pair.seen) differences.push({ line, ...pair });
    }
  }
  return differences;
}

function shown(wanted: TranscriptRecord | undefined, seen: TranscriptRecord | undefined) {
  if (wanted !== undefined && seen !== undefined && "out" in wanted && "out" in seen) {
    const pair = alike(wanted, seen);
    return {
      wanted: recordText({ ...wanted, out: pair.wanted }),
      seen: recordText({ ...seen, out: pair.seen }),
    };
  }
  return {
    wanted: wanted === undefined ? "" : recordText(wanted),
    seen: seen === undefined ? "" : recordText(seen),
  };
}

type WithOutput = CommandRecord | ShellRecord | CatRecord;

/** Returns both outputs without what may differ. */
function alike(wantedRecord: WithOutput, seenRecord: WithOutput) {
  const { out: wanted = "" } = wantedRecord;
  const { out: seen = "" } = seenRecord;
  if (wantedRecord.op === "cat") {
    if (/ip_vs_conn(_sync)?$/.test(wantedRecord.path))
      return alignedConnections(wanted, seen, "procfs");
    if (/ip_vs$/.test(wantedRecord.path)) return bothSorted(wanted, seen);
  }
  if (wantedRecord.op === "ipvsadm") {
    const { args } = wantedRecord;
    if (listsConnections(args)) return alignedConnections(wanted, seen, "ipvsadm");
    if (args.includes("--nosort") || hasIncomparableServices(wanted))
      return bothSorted(wanted, seen);
  }
  return { wanted, seen };
}

function bothSorted(wanted: string, seen: string) {
  return { wanted: sortedServices(wanted), seen: sortedServices(seen) };
}

/** Whether a command line lists connections: `-Lnc` and its kin. */
function listsConnections(args: readonly string[]): boolean {
  return args.some((arg) => /^-[A-Za-z]/.test(arg) && /[Ll]/.test(arg[1]!) && arg.includes("c"));
}

/** Returns a record as a person reads it, without what may differ. */
function recordText(record: TranscriptRecord): string {
  const { op, line: _line, t: _t, ...rest } = record;
  const members = Object.entries(rest).flatMap(([name, value]) => memberLines(name, value));
  return [op, ...members].join("\n");
}

function memberLines(name: string, value: unknown): readonly string[] {
  if (name === "rx") {
    return (value as readonly (SeenPacket | string)[]).map(
      (packet) => `  => ${packetLine(packet)}`,
    );
  }
  if (typeof value === "string") {
    if (name === "out" || name === "err") return outputLines(name, value);
    if (name === "pkt") return [`  pkt: ${normalBytes(value)}`];
    if (name === "dec") return [`  dec: ${normalText(value)}`];
  }
  return [`  ${name}: ${Array.isArray(value) ? value.join(" ") : value}`];
}

function outputLines(name: "out" | "err", text: string): readonly string[] {
  if (text === "") return [];
  const mark = name === "err" ? "2> " : "";
  const lines = text.split("\n").map((line) => `  ${mark}${line}`);
  if (!text.endsWith("\n")) return [...lines, `  (no line break at the end of ${name})`];
  return lines.slice(0, -1);
}

function packetLine(packet: SeenPacket | string): string {
  const normal = normalPacket(packet);
  if (typeof normal === "string") return normal;
  return `${normal.dev} ${normal.dmac ?? "-"} ${normal.dec} ${normal.pkt}`;
}
