/**
 * Saved rules: the command lines that make the table anew.
 *
 * Thresholds are not saved, as ipvsadm does not save them.
 *
 * @module
 */

import { SCTP, TCP, UDP } from "../../net/protocol.ts";
import {
  type DestinationStatus,
  type ForwardingMethod,
  SERVICE_FLAG,
  type ServiceId,
  type ServiceStatus,
} from "../../wire/ipvs-objects.ts";
import { formatSchedulerFlags, SCHEDULER_FLAGS } from "../scheduler-flags.ts";
import { endpointText, type KnownNames } from "./endpoint.ts";
import { netmaskText } from "./services.ts";
import { tunnelOptions } from "./tunnel.ts";

const SERVICE_OPTIONS: Readonly<Record<number, string>> = {
  [TCP]: "-t",
  [UDP]: "-u",
  [SCTP]: "--sctp-service",
};

const METHOD_OPTIONS: Readonly<Record<ForwardingMethod, string>> = {
  masquerade: "-m",
  local: "-g",
  tunnel: "-i",
  "direct-route": "-g",
  bypass: "-g",
};

/**
 * Returns the line that adds a service.
 *
 * @param names absent for numbers only
 */
export function serviceRule(service: ServiceStatus, names?: KnownNames): string {
  const { id, config } = service;
  const parts = [`-A ${serviceOption(id, names)} -s ${config.scheduler}`];
  if ((config.flags & SERVICE_FLAG.persistent) !== 0) {
    parts.push(`-p ${config.timeout}`);
    const mask = netmaskText(config.netmask, id.family);
    if (mask !== undefined) parts.push(`-M ${mask}`);
  }
  if (config.persistenceEngine) parts.push(`--pe ${config.persistenceEngine}`);
  if ((config.flags & SERVICE_FLAG.onePacket) !== 0) parts.push("-o");
  if ((config.flags & SCHEDULER_FLAGS) !== 0) {
    parts.push(`-b ${formatSchedulerFlags(config.flags, config.scheduler)}`);
  }
  return `${parts.join(" ")}\n`;
}

/**
 * Returns the line that adds a real server to the service `id`.
 *
 * @param names absent for numbers only
 */
export function serverRule(id: ServiceId, server: DestinationStatus, names?: KnownNames): string {
  const { address, port } = server.id;
  const { method, weight } = server.config;
  const endpoint = endpointText(address, port, id.protocol, names);
  return (
    `-a ${serviceOption(id, names)} -r ${endpoint} ${METHOD_OPTIONS[method]} -w ${weight}` +
    `${tunnelOptions(server.config)}\n`
  );
}

function serviceOption(id: ServiceId, names: KnownNames | undefined): string {
  // The mark is printed as the signed number it is not.
  if (id.fwmark !== 0) return `-f ${id.fwmark | 0}${id.family === 6 ? " -6" : ""}`;
  const option = SERVICE_OPTIONS[id.protocol] ?? "--xxx-service";
  return `${option} ${endpointText(id.address, id.port, id.protocol, names)}`;
}
