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
import type { SchedulableDestination, SchedulerModule } from "../src/engine/scheduler.ts";

export const lc: SchedulerModule = {
  name: "lc",
  bind: (service) => ({ schedule: () => leastConnected(service.destinations) }),
};

function leastConnected<D extends SchedulableDestination>(
  destinations: readonly D[],
): D | undefined {
  let least: D | undefined;
  let leastOverhead = 0;
  for (const candidate of destinations) {
    if (!candidate.usable) continue;
    // The kernel weighs signed overheads everywhere but here.
    const overhead = candidate.overhead >>> 0;
    if (least === undefined || overhead < leastOverhead) {
      least = candidate;
      leastOverhead = overhead;
    }
  }
  return least;
}
