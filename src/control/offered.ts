/**
 * What a director does not offer is refused.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";

/**
 * Returns the service.
 *
 * @throws IpvsError EOPNOTSUPP where there is none
 */
export function offered<Service>(service: Service | undefined): Service {
  if (service === undefined) {
    throw new IpvsError("EOPNOTSUPP", "This director does not offer the command");
  }
  return service;
}
