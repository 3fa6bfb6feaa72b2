/**
 * Services and real servers as JSON values.
 *
 * Counters and rates, which have 64 bits, are strings of decimal digits; all other numbers have at most
 * 32 and are numbers. Addresses are numeric always. Described in docs/json.md.
 *
 * @module
 */
import { type Family, formatAddress, ipv4Address } from "../../net/address.ts";
import {
  type DestinationConfig,
  type DestinationId,
  type DestinationStatus,
  SERVICE_FLAG,
  type ServiceConfig,
  type ServiceId,
  type StatsSnapshot,
  TUNNEL_FLAG,
  TUNNEL_TYPE,
} from "../../wire/ipvs-objects.ts";
import type { ServiceEntry } from "../commands/tables.ts";
import { effectiveServer, effectiveService } from "../effective.ts";
import { nameOrNumber, PROTOCOLS, SCHEDULER_FLAG_BITS, TUNNEL_TYPES } from "./vocabulary.ts";

/** Returns a service with its servers, as it is listed. */
export function serviceJson({ service, servers }: ServiceEntry): object {
  return {
    ...serviceIdJson(service.id),
    ...serviceConfigJson(service.config, service.id.family),
    ...trafficJson(service.stats),
    servers: servers.map(serverJson),
  };
}

/** Returns what tells a service from any other. */
export function serviceIdJson(id: ServiceId): object {
  const { family, fwmark } = id;
  if (fwmark !== 0) return { family, protocol: null, address: null, port: null, fwmark };
  return {
    family,
    protocol: nameOrNumber(PROTOCOLS, id.protocol),
    address: formatAddress(id.address),
    port: id.port,
    fwmark: null,
  };
}

/** Returns what a service is told to be. */
export function serviceConfigJson(config: ServiceConfig, family: Family): object {
  const { scheduler, flags, timeout, netmask, persistenceEngine } = effectiveService(
    config,
    family,
  );
  const granularity =
    family === 4 ? { netmask: formatAddress(ipv4Address(netmask)) } : { prefixLength: netmask };
  return {
    scheduler,
    schedulerFlags: Object.keys(SCHEDULER_FLAG_BITS).filter(
      (name) => (flags & SCHEDULER_FLAG_BITS[name]!) !== 0,
    ),
    onePacket: (flags & SERVICE_FLAG.onePacket) !== 0,
    persistence: (flags & SERVICE_FLAG.persistent) === 0 ? null : { timeout, ...granularity },
    persistenceEngine: persistenceEngine ?? null,
  };
}

function serverJson(server: DestinationStatus): object {
  const { activeConnections, inactiveConnections, persistentConnections } = server;
  return {
    ...serverIdJson(server.id),
    ...serverConfigJson(server.config),
    activeConnections,
    inactiveConnections,
    persistentConnections,
    ...trafficJson(server.stats),
  };
}

/** Returns what tells a real server from the others of its service. */
export function serverIdJson({ address, port }: DestinationId): object {
  return { address: formatAddress(address), port };
}

/** Returns what a real server is told to be. */
export function serverConfigJson(config: DestinationConfig): object {
  const { method, weight, upperThreshold, lowerThreshold, ...tunnel } = effectiveServer(config);
  return {
    method,
    weight,
    upperThreshold,
    lowerThreshold,
    tunnel: method === "tunnel" ? tunnelJson(tunnel) : null,
  };
}

function tunnelJson({
  tunnelType,
  tunnelPort,
  tunnelFlags,
}: Pick<DestinationConfig, "tunnelType" | "tunnelPort" | "tunnelFlags">): object {
  const hasPort = tunnelType !== TUNNEL_TYPE.ipip && tunnelType !== TUNNEL_TYPE.gre;
  return {
    type: nameOrNumber(TUNNEL_TYPES, tunnelType),
    port: hasPort ? tunnelPort : null,
    checksum: (tunnelFlags & TUNNEL_FLAG.checksum) !== 0,
    remoteChecksum: (tunnelFlags & TUNNEL_FLAG.remoteChecksum) !== 0,
  };
}

function trafficJson(stats: StatsSnapshot): object {
  return {
    stats: {
      connections: String(stats.conns),
      inPackets: String(stats.inPackets),
      outPackets: String(stats.outPackets),
      inBytes: String(stats.inBytes),
      outBytes: String(stats.outBytes),
    },
    rates: {
      connectionsPerSecond: String(stats.cps),
      inPacketsPerSecond: String(stats.inPps),
      outPacketsPerSecond: String(stats.outPps),
      inBytesPerSecond: String(stats.inBps),
      outBytesPerSecond: String(stats.outBps),
    },
  };
}
