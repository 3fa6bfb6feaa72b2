/**
 * The commands a director obeys: services and destinations come, change and go.
 *
 * A refused command throws an `IpvsError` with the kernel's error number and changes nothing. The order
 * of the checks is the kernel's, as scripts can tell.
 *
 * Source: linux ip_vs_ctl.c, as observed on a running kernel.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import { formatAddress } from "../net/address.ts";
import { formatEndpoint } from "../net/endpoint.ts";
import {
  type DestinationConfig,
  type DestinationId,
  type ServiceConfig,
  type ServiceId,
  TUNNEL_TYPE,
} from "../wire/ipvs-objects.ts";
import { assertAssignable } from "./assignable-address.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import type { Destination } from "./destination.ts";
import type { DestinationRegistry } from "./destination-registry.ts";
import type { EngineState } from "./engine-state.ts";
import type { Cancel, PeriodicJobs } from "./periodic-jobs.ts";
import { persistenceEngines } from "./persistence-engine/index.ts";
import type { Scheduler, SchedulerContext, SchedulerModule } from "./scheduler.ts";
import { VirtualService } from "./virtual-service.ts";

const MAX_THRESHOLD = 2147483647;
const NO_SCHEDULER = "none";
const MINUTE = 60;
/** A service may say so that it has no persistence engine. */
const NO_ENGINE = "";

/** Schedulers by name. */
export type SchedulerRegistry = ReadonlyMap<string, SchedulerModule>;

/** Services and destinations of one director, as commands change them. */
export class Configuration {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #destinations: DestinationRegistry;
  readonly #jobs: PeriodicJobs;
  readonly #schedulers: SchedulerRegistry;
  readonly #context: SchedulerContext;
  /** What ends the minute job of a service's scheduler. */
  readonly #minutes = new Map<VirtualService, Cancel>();
  #sweeping: Cancel | undefined;
  #orphans: Cancel | undefined;

  constructor(
    state: EngineState,
    lifecycle: ConnectionLifecycle,
    destinations: DestinationRegistry,
    jobs: PeriodicJobs,
    schedulers: SchedulerRegistry,
  ) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#destinations = destinations;
    this.#jobs = jobs;
    this.#schedulers = schedulers;
    this.#context = schedulerContext(state);
  }

  /** @throws IpvsError EEXIST, ENOENT (scheduler or engine), EINVAL (IPv6 prefix length) */
  addService(id: ServiceId, config: ServiceConfig): void {
    if (this.#state.services.find(id) !== undefined) {
      throw new IpvsError("EEXIST", `Cannot add service ${describe(id)}: it exists`);
    }
    this.#checkService(id, config);
    const stats = this.#state.statsTable.add();
    const service = new VirtualService(id, config, stats);
    stats.estimated(true);
    this.#bindScheduler(service);
    this.#state.services.add(service);
    this.#state.servicesOfFamily[id.family]++;
    this.#countEngine(service, 1);
  }

  /** @throws IpvsError ESRCH, ENOENT (scheduler or engine), EINVAL (IPv6 prefix length) */
  editService(id: ServiceId, config: ServiceConfig): void {
    const service = this.service(id);
    this.#checkService(id, config);
    const before = service.config.scheduler;
    this.#countEngine(service, -1);
    service.configure(config);
    this.#countEngine(service, 1);
    if (config.scheduler !== before) {
      this.#unbindScheduler(service);
      this.#bindScheduler(service);
    }
  }

  /** @throws IpvsError ESRCH */
  deleteService(id: ServiceId): void {
    this.#delete(this.service(id));
  }

  /** Deletes every service. */
  flush(): void {
    for (const service of this.#state.services.listed()) this.#delete(service);
  }

  /** @throws IpvsError ESRCH */
  zero(id?: ServiceId): void {
    const services = id === undefined ? this.#state.services.listed() : [this.service(id)];
    for (const service of services) {
      service.stats.zero();
      for (const destination of service.list) destination.stats.zero();
    }
    if (id === undefined) this.#state.stats.zero();
  }

  /** @throws IpvsError ESRCH, EINVAL, ERANGE, EEXIST */
  addDestination(service: ServiceId, id: DestinationId, config: DestinationConfig): void {
    const owner = this.service(service);
    this.#checkDestination(owner, id, config);
    if (owner.find(id) !== undefined) {
      throw new IpvsError(
        "EEXIST",
        `Cannot add real server ${formatEndpoint(id)}: service ${describe(service)} has it`,
      );
    }
    const destination = this.#reclaim(owner, id, config) ?? this.#make(owner, id, config);
    this.#state.index.add(destination);
    owner.add(destination);
  }

  /** @throws IpvsError ESRCH, EINVAL, ERANGE, ENOENT */
  editDestination(service: ServiceId, id: DestinationId, config: DestinationConfig): void {
    const owner = this.service(service);
    this.#checkDestination(owner, id, config);
    const destination = this.#destination(owner, id);
    // Among those of one address it keeps its place unless it is reached otherwise.
    const moves = isReachedOtherwise(destination.config, config);
    if (moves) this.#state.index.remove(destination);
    destination.configure(config, false);
    if (moves) this.#state.index.add(destination);
    owner.scheduler?.destinationEdited?.(destination);
  }

  /** @throws IpvsError ESRCH, ENOENT */
  deleteDestination(service: ServiceId, id: DestinationId): void {
    const owner = this.service(service);
    const destination = this.#destination(owner, id);
    owner.remove(destination);
    this.#discard(destination);
  }

  /** @throws IpvsError ESRCH */
  service(id: ServiceId): VirtualService {
    const service = this.#state.services.find(id);
    if (service === undefined) throw new IpvsError("ESRCH", `No service ${describe(id)}`);
    return service;
  }

  #destination(owner: VirtualService, id: DestinationId): Destination {
    const destination = owner.find(id);
    if (destination === undefined) {
      throw new IpvsError(
        "ENOENT",
        `No real server ${formatEndpoint(id)} in service ${describe(owner.id)}`,
      );
    }
    return destination;
  }

  #checkService(id: ServiceId, config: ServiceConfig): void {
    const { scheduler, persistenceEngine, netmask } = config;
    if (scheduler !== NO_SCHEDULER && !this.#schedulers.has(scheduler)) {
      throw new IpvsError("ENOENT", `Unknown scheduler "${scheduler}"`);
    }
    const engine = persistenceEngine ?? NO_ENGINE;
    if (engine !== NO_ENGINE && !persistenceEngines.has(engine)) {
      throw new IpvsError("ENOENT", `Unknown persistence engine "${engine}"`);
    }
    if (id.family === 6 && !(netmask >= 1 && netmask <= 128)) {
      throw new IpvsError("EINVAL", `Cannot use prefix length ${netmask}: must be 1–128`);
    }
  }

  #checkDestination(owner: VirtualService, id: DestinationId, config: DestinationConfig): void {
    const { weight, upperThreshold, lowerThreshold, method, tunnelType, tunnelPort } = config;
    if (id.address.family !== owner.family) {
      if (method !== "tunnel") {
        throw new IpvsError(
          "EINVAL",
          `Cannot use ${formatAddress(id.address)} by ${method}: only tunnels may change the family`,
        );
      }
      if (this.#state.daemons.any) {
        throw new IpvsError(
          "EINVAL",
          `Cannot use ${formatAddress(id.address)} while a synchronisation daemon runs: connections ` +
            "between families are not synchronised",
        );
      }
    }
    if (weight < 0) {
      throw new IpvsError("ERANGE", `Cannot use weight ${weight}: must be 0–2147483647`);
    }
    if (lowerThreshold > upperThreshold) {
      throw new IpvsError(
        "ERANGE",
        `Cannot use lower threshold ${lowerThreshold}: must be 0–${upperThreshold}, the upper one`,
      );
    }
    if (this.#state.profile.boundedThresholds && upperThreshold > MAX_THRESHOLD) {
      throw new IpvsError(
        "EINVAL",
        `Cannot use upper threshold ${upperThreshold}: must be 0–${MAX_THRESHOLD}`,
      );
    }
    if (tunnelType === TUNNEL_TYPE.gue && tunnelPort === 0) {
      throw new IpvsError("EINVAL", "Cannot use a GUE tunnel without a port: must be 1–65535");
    }
  }

  #reclaim(
    owner: VirtualService,
    id: DestinationId,
    config: DestinationConfig,
  ): Destination | undefined {
    const destination = this.#destinations.reclaim(owner, id.address, id.port);
    if (destination === undefined) return undefined;
    if (destination.service !== owner) {
      destination.stats.zero();
      destination.stats.countFor(owner.stats);
      destination.service = owner;
    }
    destination.configure(config, true);
    return destination;
  }

  #make(owner: VirtualService, id: DestinationId, config: DestinationConfig): Destination {
    assertAssignable(id.address, this.#state.host);
    return this.#destinations.create(owner, id.address, id.port, config);
  }

  #delete(service: VirtualService): void {
    this.#unbindScheduler(service);
    for (const destination of service.destinations) {
      service.remove(destination);
      this.#discard(destination);
    }
    this.#state.services.remove(service);
    this.#state.servicesOfFamily[service.family]--;
    this.#countEngine(service, -1);
    this.#state.statsTable.release(service.stats);
  }

  #countEngine(service: VirtualService, change: 1 | -1): void {
    if (service.engine?.followsServers === true) this.#state.serverFollowing += change;
  }

  #discard(destination: Destination): void {
    this.#state.index.remove(destination);
    this.#destinations.discard(destination);
    this.#endOrphansSoon();
    const minute = MINUTE * this.#state.profile.ticksPerSecond;
    this.#sweeping ??= this.#jobs.every(this.#state.now, minute, () => this.#sweepTrash());
  }

  /** With expire_nodest_conn, connections of a removed destination end at the next tick. */
  #endOrphansSoon(): void {
    if (this.#state.sysctls.expire_nodest_conn === 0) return;
    this.#orphans ??= this.#jobs.once(this.#state.now, 1, () => {
      this.#orphans = undefined;
      this.#lifecycle.endOrphans();
    });
  }

  #sweepTrash(): void {
    this.#destinations.sweep(this.#state.now);
    if (this.#destinations.hasTrash) return;
    this.#sweeping?.();
    this.#sweeping = undefined;
  }

  #bindScheduler(service: VirtualService): void {
    const module = this.#schedulers.get(service.config.scheduler);
    const scheduler: Scheduler<Destination> | undefined = module?.bind(service, this.#context);
    service.scheduler = scheduler;
    if (scheduler?.everyMinute === undefined) return;
    const minute = MINUTE * this.#state.profile.ticksPerSecond;
    const cancel = this.#jobs.every(this.#state.now, minute, () => scheduler.everyMinute?.());
    this.#minutes.set(service, cancel);
  }

  #unbindScheduler(service: VirtualService): void {
    service.scheduler = undefined;
    this.#minutes.get(service)?.();
    this.#minutes.delete(service);
  }
}

/** Returns what schedulers may use, following the variables as they change. */
function schedulerContext(state: EngineState): SchedulerContext {
  const { ticksPerSecond, cacheLimit } = state.profile;
  return {
    random: state.random,
    ticksPerSecond,
    cacheLimit,
    now: () => state.now,
    get lblcExpiration() {
      return state.sysctls.lblc_expiration * ticksPerSecond;
    },
    get lblcrExpiration() {
      return state.sysctls.lblcr_expiration * ticksPerSecond;
    },
  };
}

/** Returns the text of a service's identity, for messages. */
function describe(id: ServiceId): string {
  if (id.fwmark !== 0) return `of mark ${id.fwmark}${id.family === 6 ? " (IPv6)" : ""}`;
  return `${formatEndpoint(id)} (protocol ${id.protocol})`;
}

function isReachedOtherwise(before: DestinationConfig, after: DestinationConfig): boolean {
  return (
    before.method !== after.method ||
    before.tunnelType !== after.tunnelType ||
    before.tunnelPort !== after.tunnelPort
  );
}
