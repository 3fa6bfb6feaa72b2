/**
 * A service whose every choice is made twice: by a scheduler and by its plain scan.
 *
 * Service and destinations are the engine's own; what happens to them follows from a seed.
 *
 * @module
 */
import { SeededRandom } from "../../src/base/random.ts";
import type { Destination } from "../../src/engine/destination.ts";
import { DestinationRegistry } from "../../src/engine/destination-registry.ts";
import { PROFILES } from "../../src/engine/profile.ts";
import type { Scheduler, SchedulerContext, SchedulerModule } from "../../src/engine/scheduler.ts";
import { destinationConfig, serviceConfig, serviceId } from "../../src/engine/shorthand.ts";
import { StatsTable } from "../../src/engine/stats.ts";
import { VirtualService } from "../../src/engine/virtual-service.ts";
import { ipv4Address } from "../../src/net/address.ts";
import { TCP } from "../../src/net/protocol.ts";
import type { PlainModule, PlainScheduler } from "./plain/plain-scheduler.ts";
import { TICKS_PER_SECOND } from "./support.ts";

/** What a duel is about. */
export interface DuelOptions {
  readonly module: SchedulerModule;
  readonly plain: PlainModule;
  /** Scheduler flags of the service. */
  readonly flags: number;
  readonly seed: number;
  /** Destinations there may be, in the list or removed. */
  readonly most: number;
  /** Highest weight. */
  readonly heaviest: number;
  /** Addresses the packets go to; 10 unless given. */
  readonly targets?: number;
  /** Whether destinations neither go nor change; they do unless given. */
  readonly settled?: boolean;
}

interface Connection {
  readonly destination: Destination;
  readonly template: boolean;
  active: boolean;
}

const FIRST_SERVER = 0x0a000001;
const EXPIRATION = 400 * TICKS_PER_SECOND;

/** One service and what happens to it. */
export class Duel {
  readonly #random: SeededRandom;
  readonly #options: DuelOptions;
  readonly #registry: DestinationRegistry;
  readonly #service: VirtualService;
  readonly #scheduler: Scheduler<Destination>;
  readonly #plain: PlainScheduler<Destination>;
  readonly #connections: Connection[] = [];
  /** Of each destination there may be, whether it is in the list. */
  readonly #present: boolean[];
  #now = 0;

  constructor(options: DuelOptions) {
    const { module, plain, seed, flags, most } = options;
    this.#options = options;
    this.#random = new SeededRandom(seed);
    const stats = new StatsTable();
    const profiles = Object.values(PROFILES);
    this.#registry = new DestinationRegistry(profiles[seed % profiles.length]!, stats);
    const config = serviceConfig({ family: 4 });
    const id = serviceId("tcp", "10.9.0.1:80");
    this.#service = new VirtualService(id, { ...config, flags }, stats.add());
    this.#present = new Array<boolean>(most).fill(false);
    this.#scheduler = module.bind(this.#service, this.#context());
    this.#plain = plain(this.#service, this.#context());
    this.#service.scheduler = {
      schedule: () => undefined,
      peek: () => undefined,
      explain: (request) => this.#scheduler.explain(request),
      destinationAdded: (destination) => {
        this.#scheduler.destinationAdded?.(destination);
        this.#plain.added?.(destination);
      },
      destinationRemoved: (destination, place) => {
        this.#scheduler.destinationRemoved?.(destination, place);
        this.#plain.removed?.(destination);
      },
      destinationEdited: (destination) => {
        this.#scheduler.destinationEdited?.(destination);
        this.#plain.edited?.(destination);
      },
    };
  }

  /** Lets something happen; returns what the choice was if they differ, else `undefined`. */
  step(): string | undefined {
    const dice = this.#below(100);
    if (dice < 50) return this.#packet();
    if (dice < 62) this.#unbind();
    else if (dice < 76) this.#recount();
    else if (dice < 84) this.#add();
    else if (this.#options.settled) this.#recount();
    else if (dice < 88) this.#remove();
    else if (dice < 96) this.#edit();
    else if (dice < 97) this.#removeMany();
    else this.#pass();
    return undefined;
  }

  /** Lets much happen without a choice. */
  churn(turns: number): void {
    for (let turn = 0; turn < turns; turn++) {
      this.#add();
      this.#remove();
      for (let times = 0; times < 10; times++) this.#recount();
    }
  }

  #packet(): string | undefined {
    // Few addresses, so that caches are asked again, and one that is asked most.
    const target = this.#below(this.#options.targets ?? 10) * this.#below(2);
    const request = {
      family: 4 as const,
      protocol: TCP,
      clientAddress: ipv4Address(0xc0a80000 + this.#below(5000)).words,
      clientPort: this.#below(65536),
      destinationAddress: ipv4Address(0x0a090000 + target).words,
    };
    const expected = this.#plain.schedule(request);
    const chosen = this.#scheduler.schedule(request);
    if (chosen !== expected) {
      return `${nameOf(chosen)} instead of ${nameOf(expected)} of ${this.#service.list.size}`;
    }
    if (chosen !== undefined) this.#bind(chosen);
    return undefined;
  }

  #bind(destination: Destination): void {
    const template = this.#below(20) === 0;
    destination.bind(template);
    const connection = { destination, template, active: false };
    this.#connections.push(connection);
    if (!template && this.#below(3) > 0) this.#turn(connection);
  }

  #turn(connection: Connection): void {
    if (connection.template) return;
    connection.active = !connection.active;
    connection.destination.recount(connection.active);
  }

  #recount(): void {
    const connection = this.#connections[this.#below(this.#connections.length + 1)];
    if (connection !== undefined) this.#turn(connection);
  }

  #unbind(): void {
    const index = this.#below(this.#connections.length + 1);
    const connection = this.#connections[index];
    if (connection === undefined) return;
    this.#connections[index] = this.#connections.at(-1)!;
    this.#connections.pop();
    connection.destination.unbind(connection.template, connection.active);
  }

  #add(): void {
    const number = this.#below(this.#present.length);
    if (this.#present[number]) return;
    this.#present[number] = true;
    const address = ipv4Address(FIRST_SERVER + number);
    const config = this.#config();
    const known = this.#registry.reclaim(this.#service, address, 80);
    known?.configure(config, true);
    this.#service.add(known ?? this.#registry.create(this.#service, address, 80, config));
  }

  #remove(): void {
    const number = this.#below(this.#present.length);
    const destination = this.#at(number);
    if (destination === undefined) return;
    this.#present[number] = false;
    this.#service.remove(destination);
    this.#registry.discard(destination);
  }

  #removeMany(): void {
    for (let turn = this.#below(this.#present.length); turn > 0; turn--) this.#remove();
  }

  #edit(): void {
    const destination = this.#at(this.#below(this.#present.length));
    if (destination === undefined) return;
    destination.configure(this.#config(), false);
    this.#service.scheduler?.destinationEdited?.(destination);
  }

  #pass(): void {
    this.#now += 60 * TICKS_PER_SECOND;
    this.#scheduler.everyMinute?.();
    this.#plain.everyMinute?.();
  }

  #at(number: number): Destination | undefined {
    return this.#service.find({ address: ipv4Address(FIRST_SERVER + number), port: 80 });
  }

  #config() {
    const { heaviest } = this.#options;
    const upperThreshold = this.#below(3) === 0 ? 1 + this.#below(12) : 0;
    return destinationConfig({
      weight: this.#below(5) === 0 ? 0 : 1 + this.#below(heaviest),
      upperThreshold,
      lowerThreshold: this.#below(upperThreshold + 1),
    });
  }

  #context(): SchedulerContext {
    return {
      random: new SeededRandom(this.#options.seed),
      ticksPerSecond: TICKS_PER_SECOND,
      now: () => this.#now,
      lblcExpiration: EXPIRATION,
      lblcrExpiration: EXPIRATION,
      cacheLimit: 8,
    };
  }

  #below(bound: number): number {
    return this.#random.below(bound);
  }
}

function nameOf(destination: Destination | undefined): string {
  return destination === undefined
    ? "nobody"
    : `server ${destination.address.words[0]! - FIRST_SERVER}`;
}
