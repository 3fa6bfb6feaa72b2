/**
 * Weighted overflow (`ovf`).
 *
 * Picks the usable destination of the highest weight among those with no more active connections
 * than weight; ties go to the first in list order, the newest. Keeps no state. Weight is both rank
 * and capacity. Connections of UDP are never active and so never overflow.
 *
 * Source: ipvsadm(8), `-s ovf`; Linux net/netfilter/ipvs/ip_vs_ovf.c.
 *
 * @module
 */
import type { SchedulableDestination, SchedulerModule } from "../src/engine/scheduler.ts";

export const ovf: SchedulerModule = {
  name: "ovf",
  bind: (service) => ({ schedule: () => highestWithRoom(service.destinations) }),
};

function highestWithRoom<D extends SchedulableDestination>(
  destinations: readonly D[],
): D | undefined {
  let best: D | undefined;
  for (const candidate of destinations) {
    if (!candidate.usable || candidate.activeConnections > candidate.weight) continue;
    if (best === undefined || candidate.weight > best.weight) best = candidate;
  }
  return best;
}
