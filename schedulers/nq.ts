/**
 * Never queue (`nq`).
 *
 * Picks the first usable destination without active connections, however light; if all are busy, the
 * one with the least (active connections + 1) per weight, as sed does. Ties go to the first in list
 * order, the newest. Keeps no state.
 *
 * Source: ipvsadm(8), `-s nq`; Linux net/netfilter/ipvs/ip_vs_nq.c.
 *
 * @module
 */
import type {
  SchedulableDestination,
  ScheduleExplanation,
  SchedulerModule,
} from "../src/engine/scheduler.ts";
import { candidatesOf } from "./candidates.ts";
import { delayFigures, delayOf, delayRating } from "./expected-delay.ts";
import { isHeavier } from "./weights.ts";

export const nq: SchedulerModule = {
  name: "nq",
  bind: (service) => {
    const pick = () => idleOrLeastDelayed(service.destinations);
    return { schedule: pick, peek: pick, explain: () => explained(service.destinations) };
  },
};

function idleOrLeastDelayed<D extends SchedulableDestination>(
  destinations: readonly D[],
): D | undefined {
  let least: D | undefined;
  let leastLoad = 0;
  for (const candidate of destinations) {
    if (!candidate.usable) continue;
    if (candidate.activeConnections === 0) return candidate;
    const load = delayOf(candidate);
    if (least === undefined || isHeavier(leastLoad, least.weight, load, candidate.weight)) {
      least = candidate;
      leastLoad = load;
    }
  }
  return least;
}

function explained<D extends SchedulableDestination>(
  destinations: readonly D[],
): ScheduleExplanation<D> {
  const choice = idleOrLeastDelayed(destinations);
  const idle = choice?.activeConnections === 0;
  const basis = idle ? "first-idle" : "least-load";
  return {
    choice,
    basis: choice === undefined ? "nobody-usable" : basis,
    figures: {},
    candidates: candidatesOf(
      destinations,
      choice,
      (candidate) => (idle ? "not-first-idle" : delayRating(choice, candidate)),
      delayFigures,
    ),
  };
}
