/**
 * One virtual service: identity, configuration, destinations, scheduler, statistics.
 *
 * @module
 */
import type { Family } from "../net/address.ts";
import { type Endpoint, type EndpointKey, endpointKey } from "../net/endpoint.ts";
import {
  SERVICE_FLAG,
  type ServiceConfig,
  type ServiceId,
  type ServiceStatus,
} from "../wire/ipvs-objects.ts";
import type { Destination } from "./destination.ts";
import { DestinationList } from "./destination-list.ts";
import { persistenceEngines } from "./persistence-engine/index.ts";
import type { PersistenceEngine } from "./persistence-engine/persistence-engine.ts";
import type { SchedulableService, Scheduler } from "./scheduler.ts";
import type { Stats } from "./stats.ts";

/** One virtual service. */
export class VirtualService implements SchedulableService<Destination> {
  readonly id: ServiceId;
  readonly stats: Stats;
  readonly list = new DestinationList<Destination>();
  /** What chooses among them; none for a service without scheduler. */
  scheduler: Scheduler<Destination> | undefined;
  #config: ServiceConfig;
  #persistenceMask: Uint32Array = new Uint32Array(4);
  #engine: PersistenceEngine | undefined;
  readonly #byEndpoint = new Map<EndpointKey, Destination>();

  constructor(id: ServiceId, config: ServiceConfig, stats: Stats) {
    this.id = id;
    this.stats = stats;
    this.#config = config;
    this.configure(config);
  }

  get family(): Family {
    return this.id.family;
  }

  get config(): ServiceConfig {
    return this.#config;
  }

  get flags(): number {
    return this.#config.flags;
  }

  get persistent(): boolean {
    return (this.#config.flags & SERVICE_FLAG.persistent) !== 0;
  }

  get onePacket(): boolean {
    return (this.#config.flags & SERVICE_FLAG.onePacket) !== 0;
  }

  /** The bits of a client's address that count, 4 words. */
  get persistenceMask(): Readonly<Uint32Array> {
    return this.#persistenceMask;
  }

  /** What tells apart clients of one group, if anything does. */
  get engine(): PersistenceEngine | undefined {
    return this.#engine;
  }

  /** Replaces the configuration; the scheduler is its owner's affair. */
  configure(config: ServiceConfig): void {
    this.#config = { ...config, flags: config.flags | SERVICE_FLAG.hashed };
    this.#engine = persistenceEngines.get(config.persistenceEngine ?? "");
    this.#persistenceMask = maskWords(this.id.family, config.netmask);
  }

  /** In list order: newest first. */
  get destinations(): readonly Destination[] {
    return this.list.newestFirst();
  }

  /** Returns the destination of an address and port, if it is in the list. */
  find({ address, port }: Endpoint): Destination | undefined {
    return this.#byEndpoint.get(endpointKey(address, port));
  }

  /** Puts a destination at the head of the list, and tells the scheduler. */
  add(destination: Destination): void {
    destination.available = true;
    destination.stats.estimated(true);
    this.list.add(destination);
    this.#byEndpoint.set(endpointKey(destination.address, destination.port), destination);
    this.scheduler?.destinationAdded?.(destination);
  }

  /** Takes a destination out of the list, and tells the scheduler. */
  remove(destination: Destination): void {
    destination.available = false;
    destination.stats.estimated(false);
    const place = this.list.remove(destination);
    this.#byEndpoint.delete(endpointKey(destination.address, destination.port));
    this.scheduler?.destinationRemoved?.(destination, place);
  }

  /** Returns the service as it is listed. */
  status(): ServiceStatus {
    return { id: this.id, config: this.#config, stats: this.stats.snapshot() };
  }
}

/** Returns the four words of a netmask: an IPv4 mask as it is, an IPv6 one from its prefix length. */
function maskWords(family: Family, netmask: number): Uint32Array {
  if (family === 4) return Uint32Array.of(netmask, 0, 0, 0);
  const words = new Uint32Array(4);
  for (let word = 0; word < 4; word++) {
    const bits = Math.min(Math.max(netmask - word * 32, 0), 32);
    words[word] = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
  }
  return words;
}
