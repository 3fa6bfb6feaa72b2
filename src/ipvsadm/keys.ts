/**
 * Identities as text, for tables of services and destinations.
 *
 * @module
 */
import { formatEndpoint } from "../net/endpoint.ts";
import type { DestinationId, ServiceId } from "../wire/ipvs-objects.ts";

/** Returns what tells a service from any other, as text. */
export function serviceKey(id: ServiceId): string {
  return id.fwmark === 0
    ? `${id.protocol} ${formatEndpoint(id)}`
    : `mark ${id.fwmark} IPv${id.family}`;
}

/** Returns what tells a destination from the others of its service, as text. */
export function serverKey(id: DestinationId): string {
  return formatEndpoint(id);
}
