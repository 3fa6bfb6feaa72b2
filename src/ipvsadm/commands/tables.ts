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

/** Services whose destinations are asked for before they are wanted, so that answers are not waited for. */
const SERVICES_AHEAD = 64;

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
 * Returns the services one after the other, so that a long table is shown as it comes. They are asked for
 * at once.
 *
 * @throws Failure when the backend refuses, once the first is wanted
 */
export function serviceEntries(
  backend: Backend,
  request: TableRequest,
): AsyncGenerator<ServiceEntry> {
  const { verb, service } = request;
  const found = early(
    ask(verb, async () =>
      service === undefined ? backend.services() : [await backend.service(service)],
    ),
  );
  return entriesOf(backend, request, found);
}

async function* entriesOf(
  backend: Backend,
  { verb, sorted, serversSorted = sorted }: TableRequest,
  found: Promise<readonly ServiceStatus[]>,
): AsyncGenerator<ServiceEntry> {
  const services = sorted
    ? mergeSort(await found, (a, b) => compareServices(a.id, b.id))
    : await found;
  const destinations = ({ id }: ServiceStatus) => early(ask(verb, () => backend.destinations(id)));
  const underWay = services.slice(0, SERVICES_AHEAD).map(destinations);
  for (const [index, service] of services.entries()) {
    const servers = await underWay.shift()!;
    const next = services[index + SERVICES_AHEAD];
    if (next !== undefined) underWay.push(destinations(next));
    yield {
      service,
      servers: serversSorted
        ? mergeSort(servers, (a, b) => compareDestinations(a.id, b.id))
        : servers,
    };
  }
}

/** Returns a promise that may be refused before anybody waits for it. */
function early<Answer>(answer: Promise<Answer>): Promise<Answer> {
  answer.catch(() => undefined);
  return answer;
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
