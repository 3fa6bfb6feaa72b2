/**
 * Shortest expected delay (`sed`).
 *
 * Picks the usable destination with the least (active connections + 1) per weight: the load it would
 * have with this connection. Ties go to the first in list order, the newest. Keeps no state. Weight
 * is relative speed. Connections of UDP are never active and so go unseen.
 *
 * Source: ipvsadm(8), `-s sed`; Linux net/netfilter/ipvs/ip_vs_sed.c.
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

export const sed: SchedulerModule = {
  name: "sed",
  bind: (service) => {
    const pick = () => leastDelayed(service.destinations);
    return { schedule: pick, peek: pick, explain: () => explained(service.destinations) };
  },
};

function leastDelayed<D extends SchedulableDestination>(destinations: readonly D[]): D | undefined {
  let least: D | undefined;
  let leastLoad = 0;
  for (const candidate of destinations) {
    if (!candidate.usable) continue;
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
  const choice = leastDelayed(destinations);
  return {
    choice,
    basis: choice === undefined ? "nobody-usable" : "least-load",
    figures: {},
    candidates: candidatesOf(
      destinations,
      choice,
      (candidate) => delayRating(choice, candidate),
      delayFigures,
    ),
  };
}
