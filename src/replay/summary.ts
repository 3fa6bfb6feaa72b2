/**
 * What a replay says in the end, in one line.
 *
 *     Replayed 120 packets: 80 request, 30 reply, 10 no-service; passed over 5 records without IP
 *
 * @module
 */
import type { ReplaySummary } from "./replay.ts";

/** Returns the line, without a final period. */
export function summaryText(summary: ReplaySummary): string {
  const { packets, skipped } = summary;
  const reasons = countsText(summary.reasons);
  const parts = [`Replayed ${counted(packets, "packet")}${reasons === "" ? "" : `: ${reasons}`}`];
  if (skipped > 0) parts.push(`passed over ${counted(skipped, "record")} without IP`);
  const drops = countsText(summary.drops);
  if (drops !== "") parts.push(`lost: ${drops}`);
  return parts.join("; ");
}

/** Returns the counts that are not 0, the largest first, ties by name. */
function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([a, first], [b, second]) => second - first || (a < b ? -1 : 1))
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
