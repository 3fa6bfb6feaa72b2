/**
 * What differs between two runs of the same scenario, taken out of what was observed: the order of
 * connection listings, identifications a director draws, and a second or so of expiry.
 *
 * @module
 */
import type { RecordedStep } from "./recording.ts";

/** What a step showed: in the recording, and here. */
export interface Observation {
  readonly step: RecordedStep;
  readonly wanted: string;
  readonly seen: string;
}

/** Source addresses of packets the director makes itself: its own, and the virtual ones. */
const OWN = /^(0a0000(01|6[4-7])|c0a80a01)$/;
const ICMP = "01";
const IPIP = "04";

/** Returns an observation without what differs from run to run. */
export function normalized(step: RecordedStep, wanted: string, seen: string): Observation {
  const clean = (text: string) => text.split("\n").map(withoutChance).join("\n");
  if (isConnectionListing(step)) {
    return { step, ...aligned(clean(wanted), clean(seen)) };
  }
  return { step, wanted: clean(wanted), seen: clean(seen) };
}

function isConnectionListing(step: RecordedStep): boolean {
  if (step.op === "cat") return step.path?.endsWith("ip_vs_conn") ?? false;
  return step.op === "ipvsadm" && (step.args ?? []).some((arg) => /^-[Ll]\w*c/.test(arg));
}

/** Blanks identification and header checksum of a packet the director made. */
function withoutChance(line: string): string {
  const match = /^(\S+ \S+ )(4[0-9a-f]{39,})$/.exec(line);
  const packet = match?.[2];
  if (packet === undefined) return line;
  const protocol = packet.slice(18, 20);
  if ((protocol !== ICMP && protocol !== IPIP) || !OWN.test(packet.slice(24, 32))) return line;
  return `${match?.[1]}${packet.slice(0, 8)}....${packet.slice(12, 20)}....${packet.slice(24)}`;
}

/** Column of the time left in a row of `ipvsadm -Lc`. */
const EXPIRY = /^(\S+ +)(\d+):(\d\d)/;
/** The same in /proc/net/ip_vs_conn, where the data of an engine may follow. */
const SECONDS = /( +)(\d+)( sip .*| *)$/;

/**
 * Sorts both listings, and lets times left agree where they differ by no more than the phase of a timer:
 * a second, or an eighth of the life of an entry that is overdue.
 */
function aligned(wanted: string, seen: string): { wanted: string; seen: string } {
  const sort = (text: string) => text.split("\n").sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const seenLines = sort(seen);
  const lines = sort(wanted).map((line, index) => {
    const other = seenLines[index] ?? "";
    return key(line) === key(other) && Math.abs(left(line) - left(other)) <= 1 ? other : line;
  });
  return { wanted: lines.join("\n"), seen: seenLines.join("\n") };
}

function key(line: string): string {
  return line.replace(EXPIRY, "$1").replace(SECONDS, "$3");
}

function left(line: string): number {
  const expiry = EXPIRY.exec(line);
  if (expiry !== null) return Number(expiry[2]) * 60 + Number(expiry[3]);
  return Number(SECONDS.exec(line)?.[2] ?? 0);
}
