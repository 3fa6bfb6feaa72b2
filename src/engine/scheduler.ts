/**
 * The interface between the engine and its schedulers, and no scheduler.
 *
 * A scheduler is one module. `bind` makes the state of one service; `schedule` is asked once for each
 * connection to be made, never for packets of existing ones. Everything arrives as an argument.
 *
 * @module
 */
import type { Ticks } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Address, AddressWords, Family } from "../net/address.ts";

/** A destination, as far as a scheduler may look. */
export interface SchedulableDestination {
  readonly address: Address;
  /** Port, 0–65535. */
  readonly port: number;
  /** 0–2147483647; 0 takes no new connections. */
  readonly weight: number;
  /** The last weight that was not 0, or the weight it was added with. */
  readonly lastWeight: number;
  /** Whether its thresholds keep it from new connections. */
  readonly overloaded: boolean;
  /** Whether it is in its service's list; a removed one is not. */
  readonly available: boolean;
  /** Whether it may be chosen: not overloaded, and of a weight above 0. */
  readonly usable: boolean;
  /** Connections in an active state. */
  readonly activeConnections: number;
  /** What least-connection rules weigh: 256 · active + total, or + inactive in older profiles. */
  readonly overhead: number;
}

/** The service a scheduler is bound to. */
export interface SchedulableService<D extends SchedulableDestination = SchedulableDestination> {
  readonly family: Family;
  /** Sum of `SERVICE_FLAG` values; schedulers look at the three scheduler flags. */
  readonly flags: number;
  /** In list order: newest first. A new array after each addition and removal, never changed itself. */
  readonly destinations: readonly D[];
}

/** The packet a destination is wanted for. Reused from call to call: keep nothing of it. */
export interface ScheduleRequest {
  readonly family: Family;
  /** Protocol number. */
  readonly protocol: number;
  /** Who asks, 4 words. For a packet quoted by an ICMP error, the quoted destination. */
  readonly clientAddress: Readonly<AddressWords>;
  readonly clientPort: number;
  /** Destination field of the packet as it stands, 4 words. */
  readonly destinationAddress: Readonly<AddressWords>;
}

/** What a scheduler may use besides its service. */
export interface SchedulerContext {
  readonly random: Random;
  /** Kernel clock ticks per second. */
  readonly ticksPerSecond: number;
  /** Returns the time now, in ticks. */
  now(): Ticks;
  /** Life of an unused lblc entry, in ticks. */
  readonly lblcExpiration: Ticks;
  /** Life of an unused lblcr entry, and the age at which a set shrinks, in ticks. */
  readonly lblcrExpiration: Ticks;
  /** Entries at which the caches of lblc and lblcr stop growing. */
  readonly cacheLimit: number;
}

/** The state of one scheduler for one service. */
export interface Scheduler<D extends SchedulableDestination = SchedulableDestination> {
  /**
   * Returns the destination for a new connection, or `undefined` when nobody can take it; what
   * happens then is the engine's affair. Never throws, allocates nothing in the steady state.
   */
  schedule(request: ScheduleRequest): D | undefined;
  /** Told after `destination` entered the service's list, at its head. */
  destinationAdded?(destination: D): void;
  /** Told after `destination` left the service's list; `position` is where it stood in it. */
  destinationRemoved?(destination: D, position: number): void;
  /** Told after weight, thresholds or method of `destination` changed, also when to the same values. */
  destinationEdited?(destination: D): void;
  /** Told every 60 s since `bind`: time to forget what is old. */
  everyMinute?(): void;
}

/** One scheduler: its name and how it is put to work. */
export interface SchedulerModule {
  /** Name as `ipvsadm -s` takes it. */
  readonly name: string;
  /** Makes the state for one service, which may have destinations already. */
  bind<D extends SchedulableDestination>(
    service: SchedulableService<D>,
    context: SchedulerContext,
  ): Scheduler<D>;
}
