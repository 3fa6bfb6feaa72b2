/**
 * A service without an engine, for what asks a scheduler alone.
 *
 * @module
 */
import { SeededRandom } from "../base/random.ts";
import type { SchedulableDestination, SchedulableService } from "../engine/scheduler.ts";
import { ipv4Address } from "../net/address.ts";
import { serverSpecs, type Workload } from "./workload.ts";

const FIRST_SERVER = 0x0a010000;
const PORT = 80;
/** Connections a server of weight 1 has at most. */
const MOST_CONNECTIONS = 10;

/** Returns the service of a workload, as it is in the beginning, with a few connections on its servers. */
export function bareService(workload: Workload): SchedulableService {
  const random = new SeededRandom(workload.seed);
  const destinations = serverSpecs(workload)
    .filter(({ spare }) => !spare)
    .map(({ number, weight }): SchedulableDestination => {
      const activeConnections = random.below(MOST_CONNECTIONS * weight + 1);
      return {
        address: ipv4Address(FIRST_SERVER + number),
        port: PORT,
        weight,
        lastWeight: weight,
        overloaded: false,
        available: true,
        usable: weight > 0,
        activeConnections,
        overhead: 256 * activeConnections,
      };
    });
  // Newest first, as in the engine.
  return { family: 4, flags: 0, destinations: destinations.reverse() };
}
