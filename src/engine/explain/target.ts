/**
 * Where connections lead.
 *
 * @module
 */
import type { AddressWords, Family } from "../../net/address.ts";
import { FORWARDING_METHODS, type ForwardingMethod } from "../../wire/ipvs-objects.ts";
import type { ConnectionLifecycle } from "../connection-lifecycle.ts";
import { CONNECTION_FLAG, type ConnectionHandle } from "../connection-records.ts";
import type { Destination } from "../destination.ts";
import type { EngineState } from "../engine-state.ts";
import { addressText, serviceName } from "./names.ts";
import type { Rest } from "./outcome.ts";

/** Where a connection leads. */
export interface Target {
  readonly method: ForwardingMethod;
  readonly family: Family;
  readonly address: Readonly<AddressWords>;
  readonly port: number;
  /** The real server, as far as it is known; it says how a tunnel is made. */
  readonly destination: Destination | undefined;
  /** Whether the FTP helper reads the packets. */
  readonly helped: boolean;
}

/** Returns where a connection leads. */
export function targetOf(
  { connections }: EngineState,
  lifecycle: ConnectionLifecycle,
  handle: ConnectionHandle,
): Target {
  const address = new Uint32Array(4);
  connections.readDestination(handle, address);
  const method = connections.flags(handle) & CONNECTION_FLAG.methodMask;
  return {
    method: FORWARDING_METHODS[method] ?? "local",
    family: connections.destinationFamily(handle),
    address,
    port: connections.destinationPort(handle),
    destination: lifecycle.destination(handle),
    helped: connections.isHelped(handle),
  };
}

/** Returns what an outcome says of the connection of a packet. */
export function restOf(
  state: EngineState,
  lifecycle: ConnectionLifecycle,
  handle: ConnectionHandle,
): Rest {
  const { method, family, address, port, destination } = targetOf(state, lifecycle, handle);
  return {
    service: destination === undefined ? null : serviceName(destination.service.id),
    server: method === "bypass" ? null : { address: addressText(family, address), port },
    method,
    connection: "existing",
  };
}
