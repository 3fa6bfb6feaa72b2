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
import type { SchedulableDestination, SchedulerModule } from "../src/engine/scheduler.ts";
import { isHeavier } from "./weights.ts";

export const sed: SchedulerModule = {
  name: "sed",
  bind: (service) => ({ schedule: () => leastDelayed(service.destinations) }),
};

function leastDelayed<D extends SchedulableDestination>(destinations: readonly D[]): D | undefined {
  let least: D | undefined;
  let leastLoad = 0;
  for (const candidate of destinations) {
    if (!candidate.usable) continue;
    const load = (candidate.activeConnections + 1) | 0;
    if (least === undefined || isHeavier(leastLoad, least.weight, load, candidate.weight)) {
      least = candidate;
      leastLoad = load;
    }
  }
  return least;
}
