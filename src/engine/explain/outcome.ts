/**
 * What an explanation comes to.
 *
 * @module
 */
import type { ReasonName, VerdictName } from "../verdict.ts";
import type { Outcome } from "./explanation.ts";

/** What an outcome consists of beside verdict and reason. */
export type Rest = Partial<Omit<Outcome, "verdict" | "reason">>;

/** Returns an outcome; what is not given does not apply. */
export function outcome(verdict: VerdictName, reason: ReasonName, rest: Rest = {}): Outcome {
  return {
    verdict,
    reason,
    service: null,
    server: null,
    method: null,
    connection: "none",
    byChance: false,
    sent: null,
    answer: null,
    ...rest,
  };
}
