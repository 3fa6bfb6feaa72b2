/**
 * Weighted overflow (`ovf`).
 *
 * Picks the usable destination of the highest weight among those with no more active connections
 * than weight; ties go to the first in list order, the newest. Weight is both rank and capacity.
 * Connections of UDP are never active and so never overflow.
 *
 * Source: ipvsadm(8), `-s ovf`; Linux net/netfilter/ipvs/ip_vs_ovf.c.
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

export const ovf: SchedulerModule = {
  name: "ovf",
  bind: (service) => {
    const pick = highestOf(
      service.list,
      (destination) => destination.usable && hasRoom(destination),
    );
    return {
      schedule: pick,
      peek: pick,
      explain: () => explained(service.destinations, pick()),
    };
  },
};

function hasRoom({ activeConnections, weight }: SchedulableDestination): boolean {
  return activeConnections <= weight;
}

function explained<D extends SchedulableDestination>(
  destinations: readonly D[],
  choice: D | undefined,
): ScheduleExplanation<D> {
  const nobody = destinations.some(({ usable }) => usable) ? "nobody-has-room" : "nobody-usable";
  return {
    choice,
    basis: choice === undefined ? nobody : "highest-weight-with-room",
    figures: {},
    candidates: candidatesOf(destinations, choice, (candidate) => {
      if (!hasRoom(candidate)) return "no-room";
      return candidate.weight === choice?.weight ? "equal-but-later" : "lower-weight";
    }),
  };
}
