/**
 * The synchronisation daemons of a director: which run, and with which settings.
 *
 * A master tells other directors of the connections here, a backup learns of theirs; either, both or
 * none may run. Here they are started, stopped and listed, with the kernel's checks in the kernel's
 * order; `Synchronisation` has them send and take.
 *
 * Source: linux ip_vs_sync.c start_sync_thread(), as observed on a running kernel.
 *
 * @module
 */
import { IpvsError } from "../../base/error.ts";
import { type Address, ipv4Address, isMulticast } from "../../net/address.ts";
import type { DaemonConfig, DaemonRole } from "../../wire/ipvs-objects.ts";
import type { Host, NetworkInterface } from "../host.ts";
import type { VirtualService } from "../virtual-service.ts";

/** 224.0.0.81. Source: linux/ip_vs.h `IP_VS_SYNC_GROUP`. */
const DEFAULT_GROUP = ipv4Address(0xe0000051);
/** Source: linux/ip_vs.h `IP_VS_SYNC_PORT`. */
const DEFAULT_PORT = 8848;
const DEFAULT_TTL = 1;

/** Bytes of the IP and UDP headers before a message, by family of the group. */
const HEADERS = { 4: 28, 6: 48 } as const;
const ETHERNET_MTU = 1500;
const MAX_PACKET = 65535;
/** The shortest message a daemon can be told to make or take, in bytes. */
const LEAST_LENGTH: Readonly<Record<DaemonRole, number>> = { master: 1, backup: 1024 };

/** A daemon that runs, all its settings known. */
export interface SyncDaemon extends DaemonConfig {
  readonly group: Address;
  readonly maxLength: number;
  readonly port: number;
  readonly ttl: number;
}

/** The daemons of one director. */
export class SyncDaemons {
  readonly #host: Host;
  readonly #services: Iterable<VirtualService>;
  readonly #running = new Map<DaemonRole, SyncDaemon>();

  /** @param services those of the director, as they are at any time */
  constructor(host: Host, services: Iterable<VirtualService>) {
    this.#host = host;
    this.#services = services;
  }

  /** Whether any runs: destinations of another family than their service are refused meanwhile. */
  get any(): boolean {
    return this.#running.size > 0;
  }

  /** Returns the daemon of a role, or `undefined` when it does not run. */
  find(role: DaemonRole): SyncDaemon | undefined {
    return this.#running.get(role);
  }

  /** Returns those that run, the master first. */
  listed(): readonly SyncDaemon[] {
    return (["master", "backup"] as const).flatMap((role) => this.#running.get(role) ?? []);
  }

  /**
   * Notes that a daemon runs, and returns it; settings that are 0 or absent become the kernel's own.
   *
   * @throws IpvsError EINVAL (no multicast group; a destination of another family than its service),
   *   ENODEV (no such interface), EEXIST (it runs), ENETUNREACH (a master cannot send there)
   */
  start(config: DaemonConfig): SyncDaemon {
    const { role, interfaceName, group = DEFAULT_GROUP } = config;
    if (!isMulticast(group)) {
      throw new IpvsError("EINVAL", "The group of a daemon must be a multicast address");
    }
    this.#refuseMixedFamilies();
    const through = this.#host.networkInterface?.(interfaceName);
    if (through === undefined) {
      throw new IpvsError("ENODEV", `No network interface "${interfaceName}"`);
    }
    if (this.#running.has(role)) {
      throw new IpvsError("EEXIST", `Cannot start a ${role} daemon: one is running`);
    }
    if (role === "master" && !through.up) {
      throw new IpvsError("ENETUNREACH", `Cannot send through "${interfaceName}": it is down`);
    }
    const daemon: SyncDaemon = {
      ...config,
      group,
      maxLength: maxLength(config, group, through),
      port: config.port || DEFAULT_PORT,
      ttl: config.ttl || DEFAULT_TTL,
    };
    this.#running.set(role, daemon);
    return daemon;
  }

  /** @throws IpvsError ESRCH when it does not run */
  stop(role: DaemonRole): void {
    if (!this.#running.delete(role)) throw new IpvsError("ESRCH", `No ${role} daemon is running`);
  }

  /** Messages have no room for a second family. */
  #refuseMixedFamilies(): void {
    for (const { family, destinations } of this.#services) {
      if (destinations.some((destination) => destination.family !== family)) {
        throw new IpvsError(
          "EINVAL",
          "Cannot synchronise a service with a real server of another address family",
        );
      }
    }
  }
}

/** Returns the largest message, in bytes: what was asked for within bounds, or what suits the link. */
function maxLength(config: DaemonConfig, group: Address, through: NetworkInterface): number {
  const headers = HEADERS[group.family];
  const { role } = config;
  if (config.maxLength) return clamp(config.maxLength, LEAST_LENGTH[role], MAX_PACKET - headers);
  // A backup has to take what a master with a larger MTU sends.
  const packet = role === "backup" ? clamp(through.mtu, ETHERNET_MTU, MAX_PACKET) : ETHERNET_MTU;
  return packet - headers;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
