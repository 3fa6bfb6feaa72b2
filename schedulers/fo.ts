/**
 * Weighted failover (`fo`).
 *
 * Picks the usable destination of the highest weight, always the same while it stays usable; ties go
 * to the first in list order, the newest. Weight is rank.
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
import { highestOf } from "./highest.ts";

export const fo: SchedulerModule = {
  name: "fo",
  bind: (service) => {
    const pick = highestOf(service.list, ({ usable }) => usable);
    return {
      schedule: pick,
      peek: pick,
      explain: () => explained(service.destinations, pick()),
    };
  },
};

function explained<D extends SchedulableDestination>(
  destinations: readonly D[],
  choice: D | undefined,
): ScheduleExplanation<D> {
  return {
    choice,
    basis: choice === undefined ? "nobody-usable" : "highest-weight",
    figures: {},
    candidates: candidatesOf(destinations, choice, ({ weight }) =>
      weight === choice?.weight ? "equal-but-later" : "lower-weight",
    ),
  };
}
