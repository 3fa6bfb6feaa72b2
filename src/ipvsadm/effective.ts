/**
 * What of a configuration has an effect: the rest is left out, so that what behaves the same is equal.
 *
 * Timeout and granularity of a service count only while it is persistent, the tunnel of a real server
 * only while it is reached through one, and its port only for GUE.
 *
 * @module
 */
import type { Family } from "../net/address.ts";
import {
  type DestinationConfig,
  SERVICE_FLAG,
  type ServiceConfig,
  type TimeoutConfig,
  TUNNEL_FLAG,
  TUNNEL_TYPE,
} from "../wire/ipvs-objects.ts";
import { FULL_MASK } from "./draft.ts";
import { FULL_PREFIX } from "./values.ts";

/** Persistence granularity that singles out one client. */
export const SINGLE_CLIENT: Readonly<Record<Family, number>> = { 4: FULL_MASK, 6: FULL_PREFIX };

/** Returns the configuration with defaults where a value has no effect. */
export function effectiveService(config: ServiceConfig, family: Family): ServiceConfig {
  const persistent = (config.flags & SERVICE_FLAG.persistent) !== 0;
  return {
    scheduler: config.scheduler,
    flags: config.flags & ~SERVICE_FLAG.hashed,
    timeout: persistent ? config.timeout : 0,
    netmask: persistent ? config.netmask : SINGLE_CLIENT[family],
    persistenceEngine: config.persistenceEngine || undefined,
  };
}

/** Returns the configuration with defaults where a value has no effect. */
export function effectiveServer(config: DestinationConfig): DestinationConfig {
  const { method, weight, upperThreshold, lowerThreshold, tunnelType } = config;
  const tunnel = method === "tunnel";
  const plain = !tunnel || tunnelType === TUNNEL_TYPE.ipip;
  return {
    method,
    weight,
    upperThreshold,
    lowerThreshold,
    tunnelType: tunnel ? tunnelType : TUNNEL_TYPE.ipip,
    tunnelPort: !plain && tunnelType !== TUNNEL_TYPE.gre ? config.tunnelPort : 0,
    tunnelFlags: plain ? TUNNEL_FLAG.none : config.tunnelFlags,
  };
}

/** Whether two services of one family behave the same. */
export function sameService(a: ServiceConfig, b: ServiceConfig, family: Family): boolean {
  return sameValues(effectiveService(a, family), effectiveService(b, family));
}

/** Whether two real servers are treated the same. */
export function sameServer(a: DestinationConfig, b: DestinationConfig): boolean {
  return sameValues(effectiveServer(a), effectiveServer(b));
}

/** Whether all three timeouts are the same. */
export function sameTimeouts(a: TimeoutConfig, b: TimeoutConfig): boolean {
  return a.tcp === b.tcp && a.tcpFin === b.tcpFin && a.udp === b.udp;
}

function sameValues<Config extends object>(a: Config, b: Config): boolean {
  const names = Object.keys(a) as (keyof Config)[];
  return names.every((name) => a[name] === b[name]);
}
