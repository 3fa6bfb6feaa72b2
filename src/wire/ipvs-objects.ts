/**
 * The objects control messages carry: what a virtual service and a destination are told apart by, told to
 * be, and seen to be.
 *
 * Identity, configuration and observation are separate types: commands carry the first two, listings
 * all three.
 *
 * @module
 */
import type { Seconds } from "../base/clock.ts";
import type { Address, Family } from "../net/address.ts";

/**
 * Counters and rates as commands see them.
 *
 * 64-bit quantities, so `bigint`: they live on control paths only. "Bps" is bytes per second.
 * Source: linux/ip_vs.h `IPVS_STATS_ATTR_*`.
 */
export interface StatsSnapshot {
  readonly conns: bigint;
  readonly inPackets: bigint;
  readonly outPackets: bigint;
  readonly inBytes: bigint;
  readonly outBytes: bigint;
  /** Connections per second. */
  readonly cps: bigint;
  readonly inPps: bigint;
  readonly outPps: bigint;
  readonly inBps: bigint;
  readonly outBps: bigint;
}

/** The counters among the values of a snapshot. */
export type CounterValues = Pick<
  StatsSnapshot,
  "conns" | "inPackets" | "outPackets" | "inBytes" | "outBytes"
>;

/** Counters and rates of what nobody has used yet. */
export const NO_TRAFFIC: StatsSnapshot = {
  conns: 0n,
  inPackets: 0n,
  outPackets: 0n,
  inBytes: 0n,
  outBytes: 0n,
  cps: 0n,
  inPps: 0n,
  outPps: 0n,
  inBps: 0n,
  outBps: 0n,
};

/**
 * What tells a service from any other: its firewall mark if that is not 0, else protocol, address
 * and port. The family counts in both cases.
 */
export interface ServiceId {
  readonly family: Family;
  /** Protocol number; 0 in the identity of a firewall-mark service. */
  readonly protocol: number;
  /** Unspecified in the identity of a firewall-mark service. */
  readonly address: Address;
  /** Port, 0–65535; 0 catches every port no other service has. */
  readonly port: number;
  /** Firewall mark, 1–4294967295, or 0 for a service by address. */
  readonly fwmark: number;
}

/** Bits of `ServiceConfig.flags`. Source: linux/ip_vs.h `IP_VS_SVC_F_*`. */
export const SERVICE_FLAG = {
  persistent: 0x1,
  /** Kept by the kernel for itself; always set in what it reports. */
  hashed: 0x2,
  /** One-packet scheduling: a UDP packet leaves no connection behind. */
  onePacket: 0x4,
  /** sh-fallback, mh-fallback. */
  scheduler1: 0x8,
  /** sh-port, mh-port. */
  scheduler2: 0x10,
  scheduler3: 0x20,
} as const;

/** What a service is told to be. An edit replaces all of it. */
export interface ServiceConfig {
  /** Name of the scheduler, or `none`. */
  readonly scheduler: string;
  /** Sum of `SERVICE_FLAG` values. */
  readonly flags: number;
  /** Life of a persistence template, in seconds; counts only with the persistent flag. */
  readonly timeout: Seconds;
  /**
   * Which clients share a template. IPv4: the mask as one number, first octet most significant,
   * 4294967295 for a single client. IPv6: the prefix length, 1–128.
   */
  readonly netmask: number;
  /** Name of the persistence engine, such as `sip`. */
  readonly persistenceEngine?: string | undefined;
}

/** A service as it is listed. */
export interface ServiceStatus {
  readonly id: ServiceId;
  readonly config: ServiceConfig;
  readonly stats: StatsSnapshot;
}

/** How packets reach a destination, or bypass. */
export type ForwardingMethod = "masquerade" | "local" | "tunnel" | "direct-route" | "bypass";

/** Numbers of the methods on the wire. Source: linux/ip_vs.h `IP_VS_CONN_F_FWD_MASK` values. */
export const FORWARDING_METHODS: readonly ForwardingMethod[] = [
  "masquerade",
  "local",
  "tunnel",
  "direct-route",
  "bypass",
];

/** Types of a tunnel. Source: linux/ip_vs.h `IP_VS_CONN_F_TUNNEL_TYPE_*`. */
export const TUNNEL_TYPE = { ipip: 0, gue: 1, gre: 2 } as const;

/** Bits of the tunnel flags. Source: linux/ip_vs.h `IP_VS_TUNNEL_ENCAP_FLAG_*`. */
export const TUNNEL_FLAG = { none: 0, checksum: 1, remoteChecksum: 2 } as const;

/** What tells a destination from the others of its service. */
export interface DestinationId {
  /** May differ in family from the service where the method is `tunnel`. */
  readonly address: Address;
  readonly port: number;
}

/** What a destination is told to be. An edit replaces all of it. */
export interface DestinationConfig {
  readonly method: ForwardingMethod;
  /** 0–2147483647; 0 quiesces. */
  readonly weight: number;
  /** Connections at which the destination is overloaded, or 0 for no bound. */
  readonly upperThreshold: number;
  /** Connections below which it no longer is, or 0 for three quarters of the upper threshold. */
  readonly lowerThreshold: number;
  /** A `TUNNEL_TYPE` value, 0–255. */
  readonly tunnelType: number;
  /** UDP port of a GUE tunnel, else 0. */
  readonly tunnelPort: number;
  /** Sum of `TUNNEL_FLAG` values. */
  readonly tunnelFlags: number;
}

/** A destination as it is listed. */
export interface DestinationStatus {
  readonly id: DestinationId;
  readonly config: DestinationConfig;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly persistentConnections: number;
  readonly stats: StatsSnapshot;
}

/** Connection timeouts that commands may change, in seconds; 0 in a change keeps the value. */
export interface TimeoutConfig {
  readonly tcp: Seconds;
  readonly tcpFin: Seconds;
  readonly udp: Seconds;
}

/** Which part a synchronisation daemon plays. */
export type DaemonRole = "master" | "backup";

/** A synchronisation daemon: what it is told and what is listed. */
export interface DaemonConfig {
  readonly role: DaemonRole;
  /** Name of the multicast interface, at most 15 bytes. */
  readonly interfaceName: string;
  /** 0–255 on the wire. */
  readonly syncId: number;
  /** Largest message in bytes; 0 or absent for the interface's own. */
  readonly maxLength?: number | undefined;
  readonly group?: Address | undefined;
  readonly port?: number | undefined;
  readonly ttl?: number | undefined;
}

/** What the front end shows in its first line. */
export interface EngineInfo {
  /** 0x010201 for 1.2.1. */
  readonly version: number;
  /** Buckets of the connection table. */
  readonly connectionTableSize: number;
}
