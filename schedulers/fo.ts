/**
 * Weighted failover (`fo`).
 *
 * Picks the usable destination of the highest weight, always the same while it stays usable; ties go
 * to the first in list order, the newest. Keeps no state. Weight is rank.
 *
 * Source: ipvsadm(8), `-s fo`; Linux net/netfilter/ipvs/ip_vs_fo.c.
 *
 * @module
 */
import type {
  SchedulableDestination,
  ScheduleExplanation,
  SchedulerModule,
} from "../src/engine/scheduler.ts";
import { candidatesOf } from "./candidates.ts";

export const fo: SchedulerModule = {
  name: "fo",
  bind: (service) => {
    const pick = () => highest(service.destinations);
    return { schedule: pick, peek: pick, explain: () => explained(service.destinations) };
  },
};

function highest<D extends SchedulableDestination>(destinations: readonly D[]): D | undefined {
  let best: D | undefined;
  for (const candidate of destinations) {
    if (!candidate.usable) continue;
    if (best === undefined || candidate.weight > best.weight) best = candidate;
  }
  return best;
}

function explained<D extends SchedulableDestination>(
  destinations: readonly D[],
): ScheduleExplanation<D> {
  const choice = highest(destinations);
  return {
    choice,
    basis: choice === undefined ? "nobody-usable" : "highest-weight",
    figures: {},
    candidates: candidatesOf(destinations, choice, ({ weight }) =>
      weight === choice?.weight ? "equal-but-later" : "lower-weight",
    ),
  };
}
