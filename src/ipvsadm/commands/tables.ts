/**
 * Asking for services and their destinations, in the order they are to be shown.
 *
 * @module
 */
import type { Backend } from "../../control/backend.ts";
import type { Address } from "../../net/address.ts";
import type { DestinationStatus, ServiceId, ServiceStatus } from "../../wire/ipvs-objects.ts";
import { listingFailure } from "../failure.ts";
import * as messages from "../messages.ts";
import type { CommandName } from "../options.ts";
import { compareDestinations, compareServices, mergeSort } from "../sort.ts";

/** A service with its destinations. */
export interface ServiceEntry {
  readonly service: ServiceStatus;
  readonly servers: readonly DestinationStatus[];
}

/** Which part of the table is wanted. */
export interface TableRequest {
  /** The command that asks, for the sentence when it is refused. */
  readonly verb: CommandName;
  /** The only service wanted; all without it. */
  readonly service?: ServiceId | undefined;
  readonly sorted: boolean;
  /** Whether the servers of a service are sorted, where that differs from the services. */
  readonly serversSorted?: boolean;
}

/**
 * Returns the services one after the other, so that a long table is shown as it comes.
 *
 * @throws Failure when the backend refuses
 */
export async function* serviceEntries(
  backend: Backend,
  { verb, service, sorted, serversSorted = sorted }: TableRequest,
): AsyncGenerator<ServiceEntry> {
  const found = await ask(verb, async () =>
    service === undefined ? backend.services() : [await backend.service(service)],
  );
  const services = sorted ? mergeSort(found, (a, b) => compareServices(a.id, b.id)) : found;
  for (const status of services) {
    const servers = await ask(verb, () => backend.destinations(status.id));
    yield {
      service: status,
      servers: serversSorted
        ? mergeSort(servers, (a, b) => compareDestinations(a.id, b.id))
        : servers,
    };
  }
}

/** Returns every address an entry shows. */
export function entryAddresses({ service, servers }: ServiceEntry): readonly Address[] {
  const own = service.id.fwmark === 0 ? [service.id.address] : [];
  return [...own, ...servers.map((server) => server.id.address)];
}

/**
 * Returns the answer to a request of a listing.
 *
 * @throws Failure with ipvsadm's sentence when the request is refused
 */
export async function ask<Answer>(
  verb: CommandName,
  request: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await request();
  } catch (error) {
    throw listingFailure(messages.failureText(verb, error));
  }
}
