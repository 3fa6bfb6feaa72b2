/**
 * A service without an engine, to drive one scheduler by hand.
 *
 * Destinations go by letters and have addresses to match: A is 10.0.0.1:80, B is 10.0.0.2:80. Counters
 * move only when a test moves them.
 *
 * @module
 */
import type { Ticks } from "../../src/base/clock.ts";
import { SeededRandom } from "../../src/base/random.ts";
import { DestinationList, NO_PLACE } from "../../src/engine/destination-list.ts";
import type {
  SchedulableDestination,
  SchedulableService,
  ScheduleExplanation,
  ScheduleRequest,
  Scheduler,
  SchedulerContext,
  SchedulerModule,
} from "../../src/engine/scheduler.ts";
import { type Address, type Family, ipv4Address, parseAddress } from "../../src/net/address.ts";
import { TCP } from "../../src/net/protocol.ts";

/** Ticks a second in these tests. */
export const TICKS_PER_SECOND = 250;

/** What a destination of these tests is made of. */
export interface FakeDestinationOptions {
  readonly address?: string;
  readonly port?: number;
}

/** A destination whose every field a test may set; its list is told. */
export class FakeDestination implements SchedulableDestination {
  readonly name: string;
  readonly address: Address;
  readonly port: number;
  place = NO_PLACE;
  /** The list it is or was in. */
  list: DestinationList<FakeDestination> | undefined;
  lastWeight: number;
  available = true;
  #weight: number;
  #overloaded = false;
  #activeConnections = 0;
  #totalConnections = 0;

  constructor(name: string, weight: number, options: FakeDestinationOptions = {}) {
    this.name = name;
    this.#weight = weight;
    this.lastWeight = weight;
    this.address =
      options.address === undefined
        ? ipv4Address(0x0a000000 + name.charCodeAt(0) - 64)
        : parseAddress(options.address);
    this.port = options.port ?? 80;
  }

  get weight() {
    return this.#weight;
  }

  set weight(value) {
    this.#weight = value;
    this.#changed();
  }

  get overloaded() {
    return this.#overloaded;
  }

  set overloaded(value) {
    this.#overloaded = value;
    this.#changed();
  }

  get activeConnections() {
    return this.#activeConnections;
  }

  set activeConnections(value) {
    this.#activeConnections = value;
    this.#changed();
  }

  get totalConnections() {
    return this.#totalConnections;
  }

  set totalConnections(value) {
    this.#totalConnections = value;
    this.#changed();
  }

  get usable(): boolean {
    return !this.overloaded && this.weight > 0;
  }

  get overhead(): number {
    return 256 * this.activeConnections + this.totalConnections;
  }

  #changed(): void {
    if (this.place !== NO_PLACE) this.list?.note(this.place);
  }
}

/** What a packet of these tests is made of: addresses as text, TCP unless told otherwise. */
export interface FakeRequestOptions {
  readonly client?: string;
  readonly clientPort?: number;
  readonly destination?: string;
  readonly protocol?: number;
}

/** Returns the request of a packet. */
export function request(options: FakeRequestOptions = {}): ScheduleRequest {
  const client = parseAddress(options.client ?? "192.168.1.100");
  const destination = parseAddress(options.destination ?? "10.9.0.1");
  return {
    family: client.family,
    protocol: options.protocol ?? TCP,
    clientAddress: client.words,
    clientPort: options.clientPort ?? 40000,
    destinationAddress: destination.words,
  };
}

/** What a service of these tests is made of. */
export interface FakeServiceOptions {
  readonly family?: Family;
  readonly flags?: number;
  readonly seed?: number;
  /** In ticks. */
  readonly expiration?: Ticks;
  readonly cacheLimit?: number;
}

/** A service bound to one scheduler, which is told of every change as the engine would tell it. */
export class FakeService implements SchedulableService<FakeDestination> {
  readonly family: Family;
  flags: number;
  readonly list = new DestinationList<FakeDestination>();
  /** The time, in ticks. */
  now: Ticks = 0;
  readonly #context: SchedulerContext;
  #scheduler: Scheduler<FakeDestination>;

  constructor(module: SchedulerModule, options: FakeServiceOptions = {}) {
    this.family = options.family ?? 4;
    this.flags = options.flags ?? 0;
    const expiration = options.expiration ?? 24 * 3600 * TICKS_PER_SECOND;
    this.#context = {
      random: new SeededRandom(options.seed ?? 1),
      ticksPerSecond: TICKS_PER_SECOND,
      now: () => this.now,
      lblcExpiration: expiration,
      lblcrExpiration: expiration,
      cacheLimit: options.cacheLimit ?? 24576,
    };
    this.#scheduler = module.bind(this, this.#context);
  }

  get destinations(): readonly FakeDestination[] {
    return this.list.newestFirst();
  }

  /** Replaces the scheduler by a new one without memory. */
  rebind(module: SchedulerModule): void {
    this.#scheduler = module.bind(this, this.#context);
  }

  /** Adds destinations one after the other, each "A3" for name and weight. */
  fill(...entries: readonly string[]): this {
    for (const entry of entries) {
      this.add(new FakeDestination(entry.slice(0, 1), Number(entry.slice(1))));
    }
    return this;
  }

  /** Puts a destination at the head of the list; one that was removed keeps its counters. */
  add(destination: FakeDestination): FakeDestination {
    destination.available = true;
    destination.lastWeight = destination.weight;
    destination.list = this.list;
    this.list.add(destination);
    this.#scheduler.destinationAdded?.(destination);
    return destination;
  }

  remove(name: string): FakeDestination {
    const destination = this.named(name);
    destination.available = false;
    const place = this.list.remove(destination);
    this.#scheduler.destinationRemoved?.(destination, place);
    return destination;
  }

  edit(name: string, weight: number): void {
    const destination = this.named(name);
    destination.weight = weight;
    if (weight > 0) destination.lastWeight = weight;
    this.#scheduler.destinationEdited?.(destination);
  }

  /** Sets the counters of a destination. */
  load(name: string, activeConnections: number, inactiveConnections = 0): void {
    const destination = this.named(name);
    destination.activeConnections = activeConnections;
    destination.totalConnections = activeConnections + inactiveConnections;
  }

  /** Returns the destination of a name; a caller's mistake throws. */
  named(name: string): FakeDestination {
    const found = this.destinations.find((destination) => destination.name === name);
    if (found === undefined) throw new RangeError(`No destination is named "${name}"`);
    return found;
  }

  /** Moves time by whole minutes, the scheduler told of each. */
  passMinutes(minutes: number): void {
    for (let minute = 0; minute < minutes; minute++) {
      this.now += 60 * TICKS_PER_SECOND;
      this.#scheduler.everyMinute?.();
    }
  }

  /** Returns the choice for one packet. */
  scheduleFor(options: FakeRequestOptions): FakeDestination | undefined {
    return this.#scheduler.schedule(request(options));
  }

  /** Returns the names of whom the scheduler remembers. */
  remembered(): readonly string[] {
    const names = Array.from(this.#scheduler.remembered?.() ?? [], ({ name }) => name);
    return [...new Set(names)].sort();
  }

  /** Returns what the scheduler says it would choose. */
  peekFor(options: FakeRequestOptions): FakeDestination | "by-chance" | undefined {
    return this.#scheduler.peek(request(options));
  }

  /** Returns the scheduler's reasons. */
  explainFor(options: FakeRequestOptions): ScheduleExplanation<FakeDestination> {
    return this.#scheduler.explain(request(options));
  }

  /** Returns the name of the choice for one packet, `-` for none. */
  pick(options: FakeRequestOptions = {}): string {
    return this.scheduleFor(options)?.name ?? "-";
  }

  /** Returns the names of successive choices, separated by blanks. */
  picks(count: number, options: FakeRequestOptions = {}): string {
    return Array.from({ length: count }, () => this.pick(options)).join(" ");
  }
}

/**
 * Returns the names of successive choices, separated by blanks, each of which is then one connection
 * more for the chosen. A destination is overloaded from as many as `upperThresholds` gives its name.
 */
export function picksUpTo(
  upperThresholds: Readonly<Record<string, number>>,
  service: FakeService,
  count: number,
): string {
  const names: string[] = [];
  for (let turn = 0; turn < count; turn++) {
    const picked = service.scheduleFor({});
    names.push(picked?.name ?? "-");
    if (picked === undefined) continue;
    picked.totalConnections++;
    picked.overloaded = picked.totalConnections >= upperThresholds[picked.name]!;
  }
  return names.join(" ");
}

/** Returns how often each value occurs, in order of first occurrence. */
export function tally<T>(values: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
