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
import type { SchedulableDestination, SchedulerModule } from "../src/engine/scheduler.ts";
import { isHeavier } from "./weights.ts";

export const nq: SchedulerModule = {
  name: "nq",
  bind: (service) => ({ schedule: () => idleOrLeastDelayed(service.destinations) }),
};

function idleOrLeastDelayed<D extends SchedulableDestination>(
  destinations: readonly D[],
): D | undefined {
  let least: D | undefined;
  let leastLoad = 0;
  for (const candidate of destinations) {
    if (!candidate.usable) continue;
    if (candidate.activeConnections === 0) return candidate;
    const load = (candidate.activeConnections + 1) | 0;
    if (least === undefined || isHeavier(leastLoad, least.weight, load, candidate.weight)) {
      least = candidate;
      leastLoad = load;
    }
  }
  return least;
}
