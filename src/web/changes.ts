/**
 * Carries out what a page wants changed, through the same commands as everybody's.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import type { Backend } from "../control/backend.ts";
import { destinationConfig, serviceConfig } from "../engine/shorthand.ts";
import { parseServiceKey } from "../live/index.ts";
import { sameAddress } from "../net/address.ts";
import { parseEndpoint } from "../net/endpoint.ts";
import type { DestinationConfig, DestinationId, ServiceId } from "../wire/ipvs-objects.ts";
import type { Change, ServerSettings } from "./api.ts";

/**
 * Carries out a change.
 *
 * @throws SyntaxError for a key that is none
 * @throws IpvsError when it is refused; nothing has changed then
 */
export async function carryOut(backend: Backend, change: Change): Promise<void> {
  const service = parseServiceKey(change.service);
  switch (change.action) {
    case "add-service": {
      const { family } = service;
      const config = serviceConfig({ scheduler: change.scheduler, family });
      return backend.addService(service, config);
    }
    case "edit-service": {
      const { config } = await backend.service(service);
      return backend.editService(service, { ...config, scheduler: change.scheduler });
    }
    case "delete-service":
      return backend.deleteService(service);
    case "add-server": {
      const server = parseEndpoint(change.server);
      const fresh = destinationConfig({ method: "masquerade" });
      return backend.addDestination(service, server, changed(fresh, change.settings));
    }
    case "edit-server": {
      const server = parseEndpoint(change.server);
      const config = await configOf(backend, service, server);
      return backend.editDestination(service, server, changed(config, change.settings));
    }
    case "delete-server":
      return backend.deleteDestination(service, parseEndpoint(change.server));
  }
}

async function configOf(
  backend: Backend,
  service: ServiceId,
  { address, port }: DestinationId,
): Promise<DestinationConfig> {
  const servers = await backend.destinations(service);
  const found = servers.find(({ id }) => id.port === port && sameAddress(id.address, address));
  if (found === undefined) throw new IpvsError("ENOENT", "The service has no such real server");
  return found.config;
}

function changed(config: DestinationConfig, settings: ServerSettings): DestinationConfig {
  const {
    method = config.method,
    weight = config.weight,
    upperThreshold = config.upperThreshold,
    lowerThreshold = config.lowerThreshold,
  } = settings;
  return { ...config, method, weight, upperThreshold, lowerThreshold };
}
