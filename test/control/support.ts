/**
 * A small administration in memory, and requests made by hand, for the tests of the protocol.
 *
 * @module
 */

import { IpvsError } from "../../src/base/error.ts";
import type { Administration } from "../../src/control/backend.ts";
import { parseAddress, UNSPECIFIED } from "../../src/net/address.ts";
import { formatEndpoint } from "../../src/net/endpoint.ts";
import {
  type DaemonConfig,
  type DestinationConfig,
  type DestinationId,
  type DestinationStatus,
  NO_TRAFFIC,
  SERVICE_FLAG,
  type ServiceConfig,
  type ServiceId,
  type ServiceStatus,
  type StatsSnapshot,
  type TimeoutConfig,
} from "../../src/wire/ipvs-objects.ts";
import { type Message, messagesIn, outcomeOf } from "../../src/wire/netlink.ts";
import { MessageWriter } from "../../src/wire/netlink-writer.ts";
import { hex } from "../support/packet.ts";

/** Returns the identity of a TCP service, IPv4 or IPv6. */
export function tcpService(address: string, port: number): ServiceId {
  const parsed = parseAddress(address);
  return { family: parsed.family, protocol: 6, address: parsed, port, fwmark: 0 };
}

/** Returns the identity of an IPv4 service by firewall mark. */
export function markService(fwmark: number): ServiceId {
  return { family: 4, protocol: 0, address: UNSPECIFIED[4], port: 0, fwmark };
}

/** A service as an administrator gets it who gives a scheduler only. */
export const PLAIN: ServiceConfig = {
  scheduler: "wlc",
  flags: 0,
  timeout: 0,
  netmask: 0xffffffff,
  persistenceEngine: undefined,
};

/** A destination as an administrator gets it who gives nothing. */
export const DIRECT: DestinationConfig = {
  method: "direct-route",
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnelType: 0,
  tunnelPort: 0,
  tunnelFlags: 0,
};

interface Entry {
  readonly id: ServiceId;
  config: ServiceConfig;
  stats: StatsSnapshot;
  destinations: DestinationStatus[];
}

function keyOf(id: ServiceId): string {
  return `${id.family} ${id.fwmark} ${id.protocol} ${formatEndpoint(id)}`;
}

/** Keeps what it is told, newest first, and knows the schedulers wlc and rr. */
export class FakeAdministration implements Administration {
  readonly #services = new Map<string, Entry>();
  #timeouts: TimeoutConfig = { tcp: 900, tcpFin: 120, udp: 300 };
  #daemons: readonly DaemonConfig[] = [];

  /** Fails with this when it is next asked for something, as a program with a fault would. */
  fault: Error | undefined;

  info() {
    if (this.fault !== undefined) throw this.fault;
    return { version: 0x010201, connectionTableSize: 4096 };
  }

  services(): readonly ServiceStatus[] {
    return [...this.#services.values()].reverse().map(statusOf);
  }

  service(id: ServiceId): ServiceStatus {
    return statusOf(this.#entry(id));
  }

  destinations(id: ServiceId): readonly DestinationStatus[] {
    return this.#services.get(keyOf(id))?.destinations ?? [];
  }

  addService(id: ServiceId, config: ServiceConfig): void {
    if (this.#services.has(keyOf(id))) throw new IpvsError("EEXIST", "Service exists");
    checkScheduler(config);
    const kept = { ...config, flags: hashed(config.flags) };
    this.#services.set(keyOf(id), { id, config: kept, stats: NO_TRAFFIC, destinations: [] });
  }

  editService(id: ServiceId, config: ServiceConfig): void {
    const entry = this.#entry(id);
    checkScheduler(config);
    entry.config = { ...config, flags: hashed(config.flags) };
  }

  deleteService(id: ServiceId): void {
    this.#entry(id);
    this.#services.delete(keyOf(id));
  }

  flush(): void {
    this.#services.clear();
  }

  zero(id?: ServiceId): void {
    const entries = id === undefined ? [...this.#services.values()] : [this.#entry(id)];
    for (const entry of entries) entry.stats = NO_TRAFFIC;
  }

  addDestination(service: ServiceId, id: DestinationId, config: DestinationConfig): void {
    const entry = this.#entry(service);
    if (config.weight < 0) throw new IpvsError("ERANGE", `Weight ${config.weight} is negative`);
    if (this.#index(entry, id) >= 0) throw new IpvsError("EEXIST", "Destination exists");
    entry.destinations = [observed(id, config), ...entry.destinations];
  }

  editDestination(service: ServiceId, id: DestinationId, config: DestinationConfig): void {
    const entry = this.#entry(service);
    const index = this.#index(entry, id);
    if (index < 0) throw new IpvsError("ENOENT", "No such destination");
    entry.destinations[index] = observed(id, config);
  }

  deleteDestination(service: ServiceId, id: DestinationId): void {
    const entry = this.#entry(service);
    const index = this.#index(entry, id);
    if (index < 0) throw new IpvsError("ENOENT", "No such destination");
    entry.destinations.splice(index, 1);
  }

  timeouts(): TimeoutConfig {
    return this.#timeouts;
  }

  setTimeouts(timeouts: TimeoutConfig): void {
    this.#timeouts = {
      tcp: timeouts.tcp || this.#timeouts.tcp,
      tcpFin: timeouts.tcpFin || this.#timeouts.tcpFin,
      udp: timeouts.udp || this.#timeouts.udp,
    };
  }

  daemons(): readonly DaemonConfig[] {
    return this.#daemons;
  }

  startDaemon(config: DaemonConfig): void {
    if (this.#daemons.some((daemon) => daemon.role === config.role)) {
      throw new IpvsError("EEXIST", "The daemon runs");
    }
    this.#daemons = [...this.#daemons, config];
  }

  stopDaemon(role: DaemonConfig["role"]): void {
    if (!this.#daemons.some((daemon) => daemon.role === role)) {
      throw new IpvsError("ESRCH", "No such daemon runs");
    }
    this.#daemons = this.#daemons.filter((daemon) => daemon.role !== role);
  }

  /** Gives a service and its destinations counters. */
  observe(id: ServiceId, stats: StatsSnapshot): void {
    this.#entry(id).stats = stats;
  }

  #entry(id: ServiceId): Entry {
    const entry = this.#services.get(keyOf(id));
    if (entry === undefined) throw new IpvsError("ESRCH", "No such service");
    return entry;
  }

  #index(entry: Entry, id: DestinationId): number {
    const key = formatEndpoint(id);
    return entry.destinations.findIndex((destination) => formatEndpoint(destination.id) === key);
  }
}

function statusOf({ id, config, stats }: Entry): ServiceStatus {
  return { id, config, stats };
}

/** Returns the flags as the kernel lists them. */
function hashed(flags: number): number {
  return (flags | SERVICE_FLAG.hashed) >>> 0;
}

function observed(id: DestinationId, config: DestinationConfig): DestinationStatus {
  return {
    id,
    config,
    activeConnections: 0,
    inactiveConnections: 0,
    persistentConnections: 0,
    stats: NO_TRAFFIC,
  };
}

function checkScheduler(config: ServiceConfig): void {
  if (!["wlc", "rr"].includes(config.scheduler)) {
    throw new IpvsError("ENOENT", `Unknown scheduler "${config.scheduler}"`);
  }
}

/** Returns the bytes of hexadecimal digits, blanks among them ignored. */
export function bytesOf(...parts: readonly string[]): Uint8Array {
  return hex(parts.join(""));
}

/** An attribute of a request made by hand: a number with its bytes, or with attributes inside. */
export type Attribute = readonly [number: number, value: Uint8Array | readonly Attribute[]];

/** Returns a number in the host's byte order. */
export function u16(value: number): Uint8Array {
  return Uint8Array.of(value, value >> 8);
}

/** Returns a number in the host's byte order. */
export function u32(value: number): Uint8Array {
  return Uint8Array.of(value, value >> 8, value >> 16, value >> 24);
}

/** Returns text with a NUL behind it. */
export function text(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`);
}

function writeAttributes(writer: MessageWriter, attributes: readonly Attribute[]): void {
  for (const [number, value] of attributes) {
    if (value instanceof Uint8Array) writer.bytes(number, value);
    else writer.nest(number, () => writeAttributes(writer, value));
  }
}

/** Returns a request with a generic header and these attributes. */
export function request(
  type: number,
  command: number,
  attributes: readonly Attribute[] = [],
  options: { readonly flags?: number; readonly sequence?: number; readonly port?: number } = {},
): Uint8Array {
  const header = {
    type,
    flags: options.flags ?? 5,
    sequence: options.sequence ?? 7,
    port: options.port ?? 0,
  };
  const writer = new MessageWriter();
  return writer
    .message(header, () => {
      writer.raw(Uint8Array.of(command, 1, 0, 0));
      writeAttributes(writer, attributes);
    })
    .take();
}

/** Returns the messages of an answer. */
export function parse(answer: Uint8Array): readonly Message[] {
  return [...messagesIn(answer)];
}

/** Returns the error number the last message of an answer tells, 0 for success. */
export function errnoOf(answer: Uint8Array): number | undefined {
  const last = parse(answer).at(-1);
  return last && outcomeOf(last)?.errno;
}
