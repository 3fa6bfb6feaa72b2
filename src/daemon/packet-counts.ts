/**
 * Counts what became of packets: the witness of a pump.
 *
 * @module
 */
import type { Decision } from "../engine/decision.ts";
import { REASONS, VERDICT, VERDICT_NAMES, type Verdict } from "../engine/verdict.ts";

/** Counts packets by verdict, and those dropped by reason. */
export class PacketCounts {
  readonly #decision: Decision;
  readonly #verdicts = new Float64Array(VERDICT_NAMES.length);
  readonly #drops = new Float64Array(REASONS.length);

  /** @param decision the director's, which holds the reason while a packet is witnessed */
  constructor(decision: Decision) {
    this.#decision = decision;
  }

  /** Counts the packet that was just decided. */
  count(verdict: Verdict): void {
    this.#verdicts[verdict]! += 1;
    if (verdict === VERDICT.drop) this.#drops[this.#decision.reason]! += 1;
  }

  /** Packets by the name of their verdict. */
  byVerdict(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      VERDICT_NAMES.map((name, verdict) => [name, this.#verdicts[verdict]!]),
    );
  }

  /** Packets dropped by reason; reasons not seen are left out. */
  dropsByReason(): Readonly<Record<string, number>> {
    const seen = REASONS.map((name, reason) => [name, this.#drops[reason]!] as const);
    return Object.fromEntries(seen.filter(([, count]) => count > 0));
  }
}
