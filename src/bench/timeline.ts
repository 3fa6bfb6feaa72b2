/**
 * What happens to servers and director during a run, in the order of time.
 *
 * @module
 */
import type { Churn, Workload } from "./workload.ts";

/** One thing that happens at a time; the detection of a crash is one of its own. */
export type Happening =
  | Exclude<Churn, { action: "crash" }>
  | { readonly action: "crash" | "detect"; readonly server: number };

/** A happening and its time, in seconds. */
export interface Scheduled {
  readonly at: number;
  readonly what: Happening;
}

/** Returns all that happens, soonest first; what happens at one time stays in the file's order. */
export function timeline({ churn, connections, arrivals }: Workload): readonly Scheduled[] {
  const length = connections / arrivals.rate;
  const scheduled = churn.flatMap((what): Scheduled[] => {
    const at = typeof what.at === "number" ? what.at : (Number.parseFloat(what.at) / 100) * length;
    if (what.action !== "crash") return [{ at, what }];
    const { server, detectAfter } = what;
    return [
      { at, what: { action: "crash", server } },
      { at: at + detectAfter, what: { action: "detect", server } },
    ];
  });
  return scheduled.sort((a, b) => a.at - b.at);
}
