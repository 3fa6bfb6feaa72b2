/**
 * Traffic counters in messages of the family `IPVS`: in 32 bits, as of old, and in 64.
 *
 * Source: linux/ip_vs.h `IPVS_STATS_ATTR_*`.
 *
 * @module
 */
import type { StatsSnapshot } from "./ipvs-objects.ts";
import type { AttributePolicy, Attributes } from "./netlink-attributes.ts";
import type { MessageWriter } from "./netlink-writer.ts";

/** Counters in the order of their attributes, the first of which has number 1. */
const COUNTERS = [
  "conns",
  "inPackets",
  "outPackets",
  "inBytes",
  "outBytes",
  "cps",
  "inPps",
  "outPps",
  "inBps",
  "outBps",
] as const satisfies readonly (keyof StatsSnapshot)[];

/** Counters that have 64 bits in the old form too. */
function isWide(counter: keyof StatsSnapshot): boolean {
  return counter === "inBytes" || counter === "outBytes";
}

const POLICY_32: AttributePolicy = policyOf((counter) => (isWide(counter) ? "u64" : "u32"));
const POLICY_64: AttributePolicy = policyOf(() => "u64");

function policyOf(kind: (counter: keyof StatsSnapshot) => "u32" | "u64"): AttributePolicy {
  return Object.fromEntries(COUNTERS.map((counter, index) => [index + 1, kind(counter)]));
}

/** Writes counters in both forms; in the old one all but the bytes are cut to 32 bits. */
export function writeStats(
  writer: MessageWriter,
  numbers: { readonly stats: number; readonly stats64: number },
  stats: StatsSnapshot,
): void {
  writer.nest(numbers.stats, () => {
    for (const [index, counter] of COUNTERS.entries()) {
      if (isWide(counter)) writer.u64(index + 1, stats[counter]);
      else writer.u32(index + 1, Number(BigInt.asUintN(32, stats[counter])));
    }
  });
  writer.nest(numbers.stats64, () => {
    for (const [index, counter] of COUNTERS.entries()) writer.u64(index + 1, stats[counter]);
  });
}

/**
 * Returns the counters inside `parent`, those of 64 bits where there are any; 0 for a missing one.
 *
 * @throws IpvsError EINVAL when they are malformed
 */
export function readStats(
  parent: Attributes,
  numbers: { readonly stats: number; readonly stats64: number },
): StatsSnapshot {
  if (parent.has(numbers.stats64)) {
    const wide = parent.nested(numbers.stats64, POLICY_64);
    return snapshot((number) => wide.u64(number));
  }
  if (!parent.has(numbers.stats)) return snapshot(() => undefined);
  const narrow = parent.nested(numbers.stats, POLICY_32);
  return snapshot((number, counter) => {
    if (isWide(counter)) return narrow.u64(number);
    const value = narrow.u32(number);
    return value === undefined ? undefined : BigInt(value);
  });
}

function snapshot(
  read: (number: number, counter: keyof StatsSnapshot) => bigint | undefined,
): StatsSnapshot {
  const values = COUNTERS.map((counter, index) => [counter, read(index + 1, counter) ?? 0n]);
  return Object.fromEntries(values) as StatsSnapshot;
}
