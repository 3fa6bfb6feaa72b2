/**
 * Least-connection (`lc`).
 *
 * Picks the usable destination with the least overhead; ties go to the first in list order, the
 * newest. Keeps no state. Weight counts only as 0 or not.
 *
 * Source: ipvsadm(8), `-s lc`; Linux net/netfilter/ipvs/ip_vs_lc.c.
 *
 * @module
 */
import type {
  SchedulableDestination,
  ScheduleExplanation,
  SchedulerModule,
} from "../src/engine/scheduler.ts";
import { candidatesOf } from "./candidates.ts";

export const lc: SchedulerModule = {
  name: "lc",
  bind: (service) => {
    const pick = () => leastConnected(service.destinations);
    return { schedule: pick, peek: pick, explain: () => explained(service.destinations) };
  },
};

function leastConnected<D extends SchedulableDestination>(
  destinations: readonly D[],
): D | undefined {
  let least: D | undefined;
  let leastOverhead = 0;
  for (const candidate of destinations) {
    if (!candidate.usable) continue;
    const overhead = overheadOf(candidate);
    if (least === undefined || overhead < leastOverhead) {
      least = candidate;
      leastOverhead = overhead;
    }
  }
  return least;
}

/** The kernel weighs signed overheads everywhere but here. */
function overheadOf(destination: SchedulableDestination): number {
  return destination.overhead >>> 0;
}

function explained<D extends SchedulableDestination>(
  destinations: readonly D[],
): ScheduleExplanation<D> {
  const choice = leastConnected(destinations);
  return {
    choice,
    basis: choice === undefined ? "nobody-usable" : "least-load",
    figures: {},
    candidates: candidatesOf(
      destinations,
      choice,
      (candidate) =>
        choice !== undefined && overheadOf(candidate) > overheadOf(choice)
          ? "more-loaded"
          : "equal-but-later",
      (candidate) => ({ load: overheadOf(candidate) }),
    ),
  };
}
