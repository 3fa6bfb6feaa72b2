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
import type { DestinationList, Listed } from "./destination-list.ts";

/** A destination, as far as a scheduler may look. */
export interface SchedulableDestination extends Listed {
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
  /** The same by place, and what changed: for schedulers whose choice must not take longer in a longer list. */
  readonly list: DestinationList<D>;
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

/** Figures by name, in the order they matter. */
export type Figures = Readonly<Record<string, number | boolean>>;

/** How a destination came out of a choice: chosen, or why it was passed over. */
export type Standing =
  | "chosen"
  /** Its weight is 0: it takes no new connections. */
  | "weight-0"
  /** Its connections have reached the upper threshold, and not yet fallen below the lower one. */
  | "overloaded"
  /** More load per weight than the chosen one. */
  | "more-loaded"
  /** As good as the chosen one, which stands before it in the list. */
  | "equal-but-later"
  /** A lower weight than the chosen one. */
  | "lower-weight"
  /** More active connections than its weight. */
  | "no-room"
  /** Its turn comes later. */
  | "out-of-turn"
  /** Its weight does not reach the bar of this round. */
  | "below-bar"
  /** Not the first that is idle. */
  | "not-first-idle"
  /** The hash of the packet leads to another. */
  | "not-hashed"
  /** Another one is remembered for the packet's address. */
  | "not-remembered"
  /** It is remembered for the packet's address, and has so much to do that another helps. */
  | "overwhelmed"
  /** It may be drawn. */
  | "by-chance";

/** What a choice rests on, or why nobody was chosen. */
export type Basis =
  | "next-in-turn"
  | "reaches-bar"
  | "least-load"
  | "first-idle"
  | "highest-weight"
  | "highest-weight-with-room"
  | "hash"
  /** The hash leads to one that cannot be used, and the service allows to go on from there. */
  | "hash-fallback"
  | "remembered"
  /** What was remembered cannot be used, or is overwhelmed: the least loaded takes its place, or joins it. */
  | "remembered-anew"
  /** Nothing was remembered: the least loaded. */
  | "not-remembered"
  | "chance"
  /** Nobody: all are of weight 0 or overloaded, or there are none. */
  | "nobody-usable"
  /** Nobody: the hash leads to one that cannot be used. */
  | "hashed-unusable"
  /** Nobody: whoever can be used has more active connections than weight. */
  | "nobody-has-room";

/** One destination as it stood before a scheduler. */
export interface Candidate<D extends SchedulableDestination = SchedulableDestination> {
  readonly destination: D;
  readonly standing: Standing;
  /** What the scheduler compares, beside weight and connections. */
  readonly figures: Figures;
}

/** A choice with its reasons. */
export interface ScheduleExplanation<D extends SchedulableDestination = SchedulableDestination> {
  /** Who would be chosen; `undefined` for nobody, or where chance decides. */
  readonly choice: D | undefined;
  readonly basis: Basis;
  /** The scheduler's own state, such as its place in the list. */
  readonly figures: Figures;
  /** Every destination of the service, in list order. */
  readonly candidates: readonly Candidate<D>[];
}

/** What `peek` returns where chance decides. */
export const BY_CHANCE = "by-chance";

/** The state of one scheduler for one service. */
export interface Scheduler<D extends SchedulableDestination = SchedulableDestination> {
  /**
   * Returns the destination for a new connection, or `undefined` when nobody can take it; what
   * happens then is the engine's affair. Never throws, allocates nothing in the steady state.
   */
  schedule(request: ScheduleRequest): D | undefined;
  /** Returns what `schedule` would, and changes nothing: no turn, no memory, no draw. */
  peek(request: ScheduleRequest): D | typeof BY_CHANCE | undefined;
  /** Returns what `peek` does with all reasons. Its cost grows with the list; packets do not wait for it. */
  explain(request: ScheduleRequest): ScheduleExplanation<D>;
  /** Told after `destination` entered the service's list, at its head. */
  destinationAdded?(destination: D): void;
  /** Told after `destination` left the service's list, where `place` was its own. */
  destinationRemoved?(destination: D, place: number): void;
  /** Told after weight, thresholds or method of `destination` changed, also when to the same values. */
  destinationEdited?(destination: D): void;
  /**
   * Yields the destinations it may choose again without their being in the service's list: a removed one
   * among them is kept, and comes back as it was when it is added again. Each may come more than once.
   */
  remembered?(): Iterable<D>;
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
