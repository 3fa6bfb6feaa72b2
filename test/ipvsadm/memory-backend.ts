/**
 * A table of services in memory that refuses what the kernel refuses, in the kernel's order.
 *
 * It balances nothing; it lets the front end be tested without an engine.
 *
 * @module
 */
import { type ErrorCode, IpvsError } from "../../src/base/error.ts";
import type { Backend } from "../../src/control/backend.ts";
import type { NetworkInterface } from "../../src/engine/host.ts";
import { type Address, formatAddress, sameAddress } from "../../src/net/address.ts";
import { formatEndpoint } from "../../src/net/endpoint.ts";
import {
  type DaemonConfig,
  type DestinationConfig,
  type DestinationId,
  type DestinationStatus,
  NO_TRAFFIC,
  type ServiceConfig,
  type ServiceId,
  type ServiceStatus,
  type TimeoutConfig,
} from "../../src/wire/ipvs-objects.ts";

const SCHEDULERS = "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh none".split(" ");

const MULTICAST_PORT = 8848;
const ETHERNET_MTU = 1500;

interface Entry {
  service: ServiceStatus;
  destinations: DestinationStatus[];
}

/** The whole table; closing it forgets nothing. */
export class MemoryBackend implements Backend {
  readonly #entries = new Map<string, Entry>();
  readonly #daemons = new Map<string, DaemonConfig>();
  #timeouts: TimeoutConfig = { tcp: 900, tcpFin: 120, udp: 300 };
  /** By name. */
  readonly interfaces = new Map<string, NetworkInterface>([["lo", { up: true, mtu: 65536 }]]);

  async info() {
    return { version: 0x010201, connectionTableSize: 4096 };
  }

  async services() {
    return [...this.#entries.values()].map((entry) => entry.service);
  }

  async service(id: ServiceId) {
    return this.#entry(id).service;
  }

  async destinations(id: ServiceId) {
    return this.#entries.get(key(id))?.destinations ?? [];
  }

  async addService(id: ServiceId, config: ServiceConfig) {
    if (this.#entries.has(key(id))) throw refused("EEXIST");
    checkModules(config);
    this.#entries.set(key(id), { service: { id, config, stats: NO_TRAFFIC }, destinations: [] });
  }

  async editService(id: ServiceId, config: ServiceConfig) {
    const entry = this.#entry(id);
    checkModules(config);
    entry.service = { ...entry.service, config };
  }

  async deleteService(id: ServiceId) {
    this.#entry(id);
    this.#entries.delete(key(id));
  }

  async flush() {
    this.#entries.clear();
  }

  async zero(id?: ServiceId) {
    if (id !== undefined) this.#entry(id);
  }

  async addDestination(service: ServiceId, id: DestinationId, config: DestinationConfig) {
    const entry = this.#entry(service);
    this.#checkFamilies(service, id);
    if (config.lowerThreshold > config.upperThreshold) throw refused("ERANGE");
    if (entry.destinations.some((known) => same(known.id, id))) throw refused("EEXIST");
    if (!isUnicast(id.address)) throw refused("EINVAL");
    entry.destinations = [
      {
        id,
        config,
        activeConnections: 0,
        inactiveConnections: 0,
        persistentConnections: 0,
        stats: NO_TRAFFIC,
      },
      ...entry.destinations,
    ];
  }

  async editDestination(service: ServiceId, id: DestinationId, config: DestinationConfig) {
    const entry = this.#entry(service);
    this.#checkFamilies(service, id);
    if (config.lowerThreshold > config.upperThreshold) throw refused("ERANGE");
    const index = entry.destinations.findIndex((known) => same(known.id, id));
    if (index < 0) throw refused("ENOENT");
    entry.destinations = entry.destinations.with(index, { ...entry.destinations[index]!, config });
  }

  async deleteDestination(service: ServiceId, id: DestinationId) {
    const entry = this.#entry(service);
    const left = entry.destinations.filter((known) => !same(known.id, id));
    if (left.length === entry.destinations.length) throw refused("ENOENT");
    entry.destinations = left;
  }

  async timeouts() {
    return this.#timeouts;
  }

  async setTimeouts({ tcp, tcpFin, udp }: TimeoutConfig) {
    this.#timeouts = {
      tcp: tcp || this.#timeouts.tcp,
      tcpFin: tcpFin || this.#timeouts.tcpFin,
      udp: udp || this.#timeouts.udp,
    };
  }

  async daemons() {
    return ["master", "backup"].flatMap((role) => this.#daemons.get(role) ?? []);
  }

  async startDaemon(config: DaemonConfig) {
    const device = this.interfaces.get(config.interfaceName);
    if (this.#mixesFamilies()) throw refused("EINVAL");
    if (device === undefined) throw refused("ENODEV");
    if (this.#daemons.has(config.role)) throw refused("EEXIST");
    if (!device.up && config.role === "master") throw refused("ENETUNREACH");
    const group = config.group ?? { family: 4, words: Uint32Array.of(0xe0000051, 0, 0, 0) };
    const backup = config.role === "backup";
    const packet = backup ? Math.min(Math.max(device.mtu, ETHERNET_MTU), 65535) : ETHERNET_MTU;
    const headers = group.family === 4 ? 28 : 48;
    const least = backup ? 1024 : 1;
    this.#daemons.set(config.role, {
      ...config,
      group,
      maxLength: config.maxLength
        ? Math.min(Math.max(config.maxLength, least), 65535 - headers)
        : packet - headers,
      port: config.port || MULTICAST_PORT,
      ttl: config.ttl || 1,
    });
  }

  async stopDaemon(role: string) {
    if (!this.#daemons.delete(role)) throw refused("ESRCH");
  }

  async *statusFile(name: string): AsyncGenerator<string> {
    if (name === "ip_vs_conn") {
      yield "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";
      return;
    }
    throw refused("ENOENT");
  }

  async close() {}

  #mixesFamilies(): boolean {
    return [...this.#entries.values()].some(({ service, destinations }) =>
      destinations.some(({ id }) => id.address.family !== service.id.family),
    );
  }

  /** Synchronisation does not know tunnels between families. */
  #checkFamilies(service: ServiceId, id: DestinationId): void {
    if (service.family !== id.address.family && this.#daemons.size > 0) throw refused("EINVAL");
  }

  #entry(id: ServiceId): Entry {
    const entry = this.#entries.get(key(id));
    if (entry === undefined) throw refused("ESRCH");
    return entry;
  }
}

function key({ family, protocol, address, port, fwmark }: ServiceId): string {
  return fwmark === 0
    ? `${protocol} ${formatEndpoint({ address, port })}`
    : `mark ${fwmark} IPv${family}`;
}

function same(a: DestinationId, b: DestinationId): boolean {
  return a.port === b.port && sameAddress(a.address, b.address);
}

function refused(code: ErrorCode): IpvsError {
  return new IpvsError(code, `Refused with ${code}`);
}

function checkModules({ scheduler, persistenceEngine }: ServiceConfig): void {
  if (!SCHEDULERS.includes(scheduler)) throw refused("ENOENT");
  if (persistenceEngine !== undefined && persistenceEngine !== "sip") throw refused("ENOENT");
}

function isUnicast(address: Address): boolean {
  const first = address.words[0]!;
  if (address.family === 6) {
    const text = formatAddress(address);
    return text !== "::" && first >>> 24 !== 0xff && first >>> 22 !== 0xfe80 >>> 6;
  }
  return first !== 0 && first !== 0xffffffff && first >>> 28 !== 0xe;
}
