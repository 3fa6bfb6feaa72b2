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
import type { SchedulableDestination, SchedulerModule } from "../src/engine/scheduler.ts";

export const fo: SchedulerModule = {
  name: "fo",
  bind: (service) => ({ schedule: () => highest(service.destinations) }),
};

function highest<D extends SchedulableDestination>(destinations: readonly D[]): D | undefined {
  let best: D | undefined;
  for (const candidate of destinations) {
    if (!candidate.usable) continue;
    if (best === undefined || candidate.weight > best.weight) best = candidate;
  }
  return best;
}
