/**
 * The line of a service and the line of a real server, in six choices of columns.
 *
 * @module
 */

import { type Family, formatAddress, ipv4Address } from "../../net/address.ts";
import { SCTP, TCP, UDP } from "../../net/protocol.ts";
import {
  type DestinationStatus,
  type ForwardingMethod,
  SERVICE_FLAG,
  type ServiceConfig,
  type ServiceStatus,
} from "../../wire/ipvs-objects.ts";
import type { ServiceColumns } from "../command.ts";
import { FULL_MASK } from "../draft.ts";
import { formatSchedulerFlags, SCHEDULER_FLAGS } from "../scheduler-flags.ts";
import { FULL_PREFIX } from "../values.ts";
import { left } from "./columns.ts";
import { endpointText, type KnownNames } from "./endpoint.ts";
import { SERVICE_WIDTH } from "./headings.ts";
import { serverRates, serviceRates } from "./rate.ts";
import { serverStats, serviceStats } from "./stats.ts";
import { tunnelText } from "./tunnel.ts";

/** What a listing shows, and how. */
export interface ServiceView {
  readonly columns: ServiceColumns;
  /** Whether counters are shown in full. */
  readonly exact: boolean;
  /** Absent for numbers only. */
  readonly names?: KnownNames | undefined;
}

/** Width of a real server's address, after the arrow; IPv4 ones are cut to it. */
const SERVER_WIDTH = 28;

/** Names of protocols, as wide as their column. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  [TCP]: "TCP ",
  [UDP]: "UDP ",
  [SCTP]: "SCTP",
};

const METHODS: Readonly<Record<ForwardingMethod, string>> = {
  masquerade: "Masq",
  local: "Local",
  tunnel: "Tunnel",
  "direct-route": "Route",
  bypass: "Bypass",
};

/** Returns the line of a service. */
export function serviceLine(service: ServiceStatus, view: ServiceView): string {
  const name = serviceName(service, view.names);
  switch (view.columns) {
    case "stats":
      return `${left(name, SERVICE_WIDTH)}${serviceStats(service.stats, view.exact)}\n`;
    case "rate":
      return `${left(name, SERVICE_WIDTH)}${serviceRates(service.stats, view.exact)}\n`;
    default:
      return `${name} ${service.config.scheduler}${settings(service.config, service.id.family)}\n`;
  }
}

function serviceName({ id }: ServiceStatus, names: KnownNames | undefined): string {
  // The mark is printed as the signed number it is not.
  if (id.fwmark !== 0) return `FWM  ${id.fwmark | 0}${id.family === 6 ? " IPv6" : ""}`;
  const protocol = PROTOCOLS[id.protocol] ?? "??? ";
  const text = `${protocol} ${endpointText(id.address, id.port, id.protocol, names)}`;
  return id.family === 4 ? text.slice(0, SERVICE_WIDTH) : text;
}

function settings(config: ServiceConfig, family: Family): string {
  const parts: string[] = [];
  if ((config.flags & SCHEDULER_FLAGS) !== 0) {
    parts.push(`(${formatSchedulerFlags(config.flags, config.scheduler)})`);
  }
  if ((config.flags & SERVICE_FLAG.persistent) !== 0) {
    parts.push(`persistent ${config.timeout}`);
    const mask = netmaskText(config.netmask, family);
    if (mask !== undefined) parts.push(`mask ${mask}`);
    if (config.persistenceEngine) parts.push(`pe ${config.persistenceEngine}`);
  }
  if ((config.flags & SERVICE_FLAG.onePacket) !== 0) parts.push("ops");
  return parts.map((part) => ` ${part}`).join("");
}

/** Returns the text of a persistence granularity, `undefined` for that of a single client. */
export function netmaskText(netmask: number, family: Family): string | undefined {
  if (family === 6) return netmask === FULL_PREFIX ? undefined : String(netmask);
  return netmask === FULL_MASK ? undefined : formatAddress(ipv4Address(netmask));
}

/**
 * Returns the line of a real server.
 *
 * @param protocol protocol number of its service, for the name of the port
 */
export function serverLine(server: DestinationStatus, protocol: number, view: ServiceView): string {
  const { address, port } = server.id;
  const text = endpointText(address, port, protocol, view.names);
  const cut = address.family === 4 ? text.slice(0, SERVER_WIDTH) : text;
  return `  -> ${left(cut, SERVER_WIDTH)}${serverColumns(server, view)}\n`;
}

function serverColumns(server: DestinationStatus, view: ServiceView): string {
  const { config, stats, activeConnections, inactiveConnections, persistentConnections } = server;
  const method = left(METHODS[config.method], 7);
  const connections = `${left(activeConnections, 10)} ${left(inactiveConnections, 10)}`;
  switch (view.columns) {
    case "plain":
      return ` ${method} ${left(config.weight, 6)} ${connections}`;
    case "tun-info":
      return ` ${method} ${left(tunnelText(config), 13)} ${left(config.weight, 6)} ${connections}`;
    case "thresholds":
      return ` ${left(config.upperThreshold, 10)} ${left(config.lowerThreshold, 10)} ${connections}`;
    case "persistent-conn":
      return ` ${left(config.weight, 9)} ${left(persistentConnections, 11)} ${connections}`;
    case "stats":
      return serverStats(stats, view.exact);
    case "rate":
      return serverRates(stats, view.exact);
  }
}
