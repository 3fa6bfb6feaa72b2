/**
 * How many packets got each verdict, and for which reason.
 *
 * @module
 */
import type { Decision } from "./decision.ts";
import {
  REASONS,
  type ReasonName,
  VERDICT_NAMES,
  type Verdict,
  type VerdictName,
} from "./verdict.ts";

/** How many there are; in the code, as it is asked for with every packet. */
const REASON_COUNT = REASONS.length;

/** The counters of one director. */
export class VerdictCounters {
  /** By verdict, and in it by reason. */
  readonly #counts = new Float64Array(VERDICT_NAMES.length * REASON_COUNT);

  /** Counts a packet. */
  count({ verdict, reason }: Decision): void {
    this.add(verdict, reason, 1);
  }

  /** Counts packets of a verdict and a `REASON` number. */
  add(verdict: Verdict, reason: number, packets: number): void {
    this.#counts[verdict * REASON_COUNT + reason]! += packets;
  }

  /** Returns how many packets got their verdict for each reason. */
  byReason(): Readonly<Record<ReasonName, number>> {
    const counts = REASONS.map((name, reason) => {
      const all = VERDICT_NAMES.map((_name, verdict) => this.#counted(verdict, reason));
      return [name, all.reduce((sum, count) => sum + count)];
    });
    return Object.fromEntries(counts) as Record<ReasonName, number>;
  }

  /** Returns how many packets got each verdict. */
  byVerdict(): Readonly<Record<VerdictName, number>> {
    const counts = VERDICT_NAMES.map((name, verdict) => {
      const all = REASONS.map((_name, reason) => this.#counted(verdict, reason));
      return [name, all.reduce((sum, count) => sum + count)];
    });
    return Object.fromEntries(counts) as Record<VerdictName, number>;
  }

  /** Returns how many packets got a verdict for each reason; reasons not seen are left out. */
  reasonsOf(verdict: Verdict): Readonly<Partial<Record<ReasonName, number>>> {
    const counts = REASONS.map((name, reason) => [name, this.#counted(verdict, reason)] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  #counted(verdict: number, reason: number): number {
    return this.#counts[verdict * REASON_COUNT + reason]!;
  }
}
