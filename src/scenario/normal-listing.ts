/**
 * Listings without what differs from run to run: their order, where that hangs on a hash seed, and a
 * second of the time connections have left.
 *
 * @module
 */
import { groupBy } from "./group-by.ts";

/** A listing and what it is to be compared with, alike in all that may differ. */
export interface Pair {
  readonly wanted: string;
  readonly seen: string;
}

/** `TCP 01:00  SYN_RECV ...`: what comes before the time left, minutes and seconds. */
const CLOCK_TIME = /^(\S+ +)(\d+):(\d\d)\b/;
/** Seconds left, the ninth column of ip_vs_conn (the tenth of ip_vs_conn_sync). */
const SECONDS = /^((?:\S+ +){8}(?:(?:LOCAL|SYNC) +)?)(\d+)\b/;
/** Seconds that may lie between two listings of the same thing. */
const TOLERANCE = 1;

/** Heads of listings, by their number of lines. */
const HEAD_LINES = { ipvsadm: 2, procfs: 1 } as const;

/**
 * Returns listings of connections made alike where they may differ: in any order; a second more or less;
 * and entries whose time is up may be there still, or no longer.
 */
export function alignedConnections(
  wanted: string,
  seen: string,
  from: keyof typeof HEAD_LINES,
): Pair {
  const head = HEAD_LINES[from];
  const wantedLines = wanted.split("\n");
  const seenLines = seen.split("\n");
  // A listing ends with a line break; what follows it is no line.
  const [left, right] = aligned(wantedLines.slice(head, -1), seenLines.slice(head, -1));
  return {
    wanted: [...wantedLines.slice(0, head), ...left, ...wantedLines.slice(-1)].join("\n"),
    seen: [...seenLines.slice(0, head), ...right, ...seenLines.slice(-1)].join("\n"),
  };
}

function aligned(wanted: readonly string[], seen: readonly string[]): [string[], string[]] {
  const left: string[] = [];
  const right: string[] = [];
  const candidates = groupBy(seen, keyOf);
  for (const line of sorted(wanted)) {
    const others = candidates.get(keyOf(line)) ?? [];
    const index = others.findIndex((other) => Math.abs(timeOf(line) - timeOf(other)) <= TOLERANCE);
    const [other] = index < 0 ? [] : others.splice(index, 1);
    if (other !== undefined) {
      left.push(line);
      right.push(line);
    } else if (timeOf(line) > 0) left.push(line);
  }
  for (const line of [...candidates.values()].flat()) {
    if (timeOf(line) > 0) right.push(line);
  }
  return [sorted(left), sorted(right)];
}

function sorted(lines: readonly string[]): string[] {
  return lines.toSorted((a, b) => compare(keyOf(a), keyOf(b)) || timeOf(a) - timeOf(b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function keyOf(line: string): string {
  return line.replace(CLOCK_TIME, "$1").replace(SECONDS, "$1");
}

/** Returns the seconds left; Infinity for a line that says nothing of them. */
function timeOf(line: string): number {
  const clock = CLOCK_TIME.exec(line);
  if (clock !== null) return Number(clock[2]) * 60 + Number(clock[3]);
  return Number(SECONDS.exec(line)?.[2] ?? Number.POSITIVE_INFINITY);
}

/** A line that starts a service, in a listing or a rules file. */
const SERVICE = /^(?:(?:TCP|UDP|SCTP|FWM) |-A )/;
const ADDRESS = /(?<![\d.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?=:)/;
/** The kernel of the recordings and ipvsadm subtract addresses in 32 bits to compare them. */
const COMPARABLE = 0x80000000;

/** Returns a listing of services with its services in an order of ours, their destinations as they were. */
export function sortedServices(text: string): string {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => SERVICE.test(line));
  if (first < 0) return text;
  const blocks: string[] = [];
  // The last line is empty: the text ends with a line break.
  for (const line of lines.slice(first, -1)) {
    if (SERVICE.test(line)) blocks.push(line);
    else blocks.push(`${blocks.pop()}\n${line}`);
  }
  return [...lines.slice(0, first), ...blocks.sort(), ""].join("\n");
}

/** Whether a listing holds services whose addresses ipvsadm cannot put in order. */
export function hasIncomparableServices(text: string): boolean {
  const addresses = text.split("\n").flatMap((line) => {
    const found = SERVICE.test(line) ? ADDRESS.exec(line) : null;
    return found === null
      ? []
      : [found.slice(1).reduce((sum, byte) => sum * 256 + Number(byte), 0)];
  });
  return Math.max(...addresses) - Math.min(...addresses) >= COMPARABLE;
}
