/**
 * A service without an engine, for what asks a scheduler alone.
 *
 * @module
 */
import { SeededRandom } from "../base/random.ts";
import { DestinationList, NO_PLACE } from "../engine/destination-list.ts";
import type { SchedulableDestination, SchedulableService } from "../engine/scheduler.ts";
import { serverId, virtualAddressOf } from "./pool.ts";
import { serverSpecs, type Workload } from "./workload.ts";

/** Connections a server of weight 1 has at most. */
const MOST_CONNECTIONS = 10;

/** Returns the service of a workload, as it is in the beginning, with a few connections on its servers. */
export function bareService(workload: Workload): SchedulableService {
  const random = new SeededRandom(workload.seed);
  const list = new DestinationList<SchedulableDestination>();
  for (const spec of serverSpecs(workload)) {
    if (spec.spare) continue;
    const { weight } = spec;
    const activeConnections = random.below(MOST_CONNECTIONS * weight + 1);
    list.add({
      ...serverId(spec),
      place: NO_PLACE,
      weight,
      lastWeight: weight,
      overloaded: false,
      available: true,
      usable: weight > 0,
      activeConnections,
      overhead: 256 * activeConnections,
    });
  }
  const { family } = virtualAddressOf(workload);
  return { family, flags: 0, list, destinations: list.newestFirst() };
}
