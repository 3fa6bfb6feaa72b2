/**
 * A virtual service as a file has it: rules, a JSON listing or a keepalived.conf.
 *
 * @module
 */
import { DEFAULT_PROFILE } from "../engine/profile.ts";
import { formatService } from "../replay/decision-line.ts";
import { simulatedDirector } from "../replay/simulated-director.ts";
import type { ReadOptions } from "../rules/read-wanted.ts";
import type { DestinationStatus, ServiceStatus } from "../wire/ipvs-objects.ts";
import { WorkloadError } from "./workload-file.ts";

/** One service, and its servers in the order they were added. */
export interface ConfiguredService {
  /** The file it is of. */
  readonly path: string;
  /** Its name in messages: `TCP 10.0.0.100:80`, `FWM 1`. */
  readonly name: string;
  readonly service: ServiceStatus;
  readonly servers: readonly DestinationStatus[];
}

/**
 * Reads a file and returns one of its services.
 *
 * @param wanted `ADDRESS:PORT`, a firewall mark, or a name with the protocol such as `udp 192.0.2.1:53`; left out,
 *   the only one there is
 * @throws WorkloadError when it is not there, or not the only one
 * @throws RulesError, WantedError or KeepalivedError for a file that cannot be understood
 * @throws the system's error when the file cannot be read
 */
export async function configuredService(
  path: string,
  wanted: string | undefined,
  options?: ReadOptions,
): Promise<ConfiguredService> {
  const { director } = await simulatedDirector(path, DEFAULT_PROFILE, options);
  const services = director.services();
  const names = services.map(({ id }) => formatService(id));
  const found = services.filter((_, at) => wanted === undefined || isCalled(names[at]!, wanted));
  const [service] = found;
  if (service === undefined || found.length > 1) {
    throw new WorkloadError(
      `Cannot use the services of "${path}": ${fault(names, wanted, found.length)}`,
    );
  }
  // Listed newest first.
  const servers = [...director.destinations(service.id)].reverse();
  return { path, name: formatService(service.id), service, servers };
}

/** Whether a text names a service: in full, or without protocol. */
export function isCalled(name: string, text: string): boolean {
  const [, place] = name.split(" ");
  return text.toUpperCase() === name.toUpperCase() || text.toLowerCase() === place?.toLowerCase();
}

function fault(names: readonly string[], wanted: string | undefined, found: number): string {
  if (names.length === 0) return "there are none";
  const choice = `give --service with one of ${names.join(", ")}`;
  if (wanted === undefined) return `there are ${names.length}, ${choice}`;
  return found === 0
    ? `there is no "${wanted}", ${choice}`
    : `"${wanted}" is ${found} of them, ${choice}`;
}
