/**
 * Tells when the services or the destinations of a director may have changed.
 *
 * @module
 */
import type { Administration } from "../control/backend.ts";
import type {
  DestinationConfig,
  DestinationId,
  ServiceConfig,
  ServiceId,
} from "../wire/ipvs-objects.ts";

/**
 * Returns an administration that obeys as `inner` does and calls `changed` after each command that was
 * obeyed and adds, edits or deletes a service or a destination: with the service, or without one when
 * all may have changed.
 */
export function watched(
  inner: Administration,
  changed: (service?: ServiceId) => void,
): Administration {
  const telling =
    <Rest extends readonly unknown[]>(command: (service: ServiceId, ...rest: Rest) => void) =>
    (service: ServiceId, ...rest: Rest): void => {
      command(service, ...rest);
      changed(service);
    };
  return {
    info: () => inner.info(),
    services: () => inner.services(),
    service: (id) => inner.service(id),
    destinations: (id) => inner.destinations(id),
    addService: telling((id, config: ServiceConfig) => inner.addService(id, config)),
    editService: telling((id, config: ServiceConfig) => inner.editService(id, config)),
    deleteService: telling((id) => inner.deleteService(id)),
    flush: () => {
      inner.flush();
      changed();
    },
    zero: (id) => inner.zero(id),
    addDestination: telling((service, id: DestinationId, config: DestinationConfig) =>
      inner.addDestination(service, id, config),
    ),
    editDestination: telling((service, id: DestinationId, config: DestinationConfig) =>
      inner.editDestination(service, id, config),
    ),
    deleteDestination: telling((service, id: DestinationId) =>
      inner.deleteDestination(service, id),
    ),
    timeouts: () => inner.timeouts(),
    setTimeouts: (timeouts) => inner.setTimeouts(timeouts),
    daemons: () => inner.daemons(),
    startDaemon: (config) => inner.startDaemon(config),
    stopDaemon: (role) => inner.stopDaemon(role),
  };
}
