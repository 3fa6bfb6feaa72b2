/**
 * How a director is, as pages and Prometheus are told.
 *
 * @module
 */
import type { DirectorClient } from "../control/director-client.ts";
import { statusOfItems } from "../daemon/director-status.ts";
import type { DirectorFacts } from "./api.ts";

/** @throws as `DirectorClient.status` does */
export async function directorFacts(director: DirectorClient): Promise<DirectorFacts> {
  const { device, deviceKind, profile, uptime, connections, packets, accepts, drops, fault } =
    statusOfItems(await director.status());
  return {
    device,
    deviceKind,
    profile,
    uptime,
    connections,
    packets,
    accepts,
    drops,
    fault: fault ?? null,
  };
}
