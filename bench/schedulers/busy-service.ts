/**
 * A service whose connections come and go, for what one choice costs with all it brings.
 *
 * Service and destinations are the engine's; packets, tables and timers are left out. As many connections
 * are open at any time, four for each destination: each turn one chosen at random ends and another comes.
 *
 * @module
 */
import { SeededRandom } from "../../src/base/random.ts";
import type { Destination } from "../../src/engine/destination.ts";
import { DestinationRegistry } from "../../src/engine/destination-registry.ts";
import { DEFAULT_PROFILE } from "../../src/engine/profile.ts";
import type {
  SchedulableService,
  ScheduleRequest,
  SchedulerContext,
} from "../../src/engine/scheduler.ts";
import { destinationConfig, serviceConfig, serviceId } from "../../src/engine/shorthand.ts";
import { StatsTable } from "../../src/engine/stats.ts";
import { VirtualService } from "../../src/engine/virtual-service.ts";
import { type AddressWords, ipv4Address } from "../../src/net/address.ts";
import { TCP } from "../../src/net/protocol.ts";

const FIRST_SERVER = 0x0a010000;
const FIRST_CLIENT = 0x0a800000;
const FIRST_TARGET = 0xc0a80000;
const OPEN_PER_DESTINATION = 4;
const CLIENTS = 4096;
const WEIGHTS = 8;
/** Of so many destinations in a row, the same share is unusable. */
const SPREAD = 10;
const TICKS_PER_SECOND = 250;
const DAY = 24 * 3600 * TICKS_PER_SECOND;

/** What the destinations of a service are like, and who asks for it. */
export interface BusyOptions {
  readonly destinations: number;
  /** Flags of the scheduler, none unless given. */
  readonly flags?: number;
  /** Share of the destinations that may not be chosen, 0 unless given; half of those for their weight. */
  readonly unusable?: number;
  /** Destinations there are when the scheduler is bound, all unless given; it is told of the others. */
  readonly boundAt?: number;
  /** Addresses the packets go to, as lblc and lblcr see them; 256 unless given. */
  readonly targets?: number;
}

/** What is asked for a choice. */
export interface Chooser {
  schedule(request: ScheduleRequest): Destination | undefined;
  destinationAdded?(destination: Destination): void;
}

/** Makes a chooser for a service that has its destinations. */
export type Bind = (service: SchedulableService<Destination>, context: SchedulerContext) => Chooser;

/** One service under load. */
export class BusyService {
  #chooser: Chooser | undefined;
  readonly #random = new SeededRandom(1);
  readonly #clients: readonly Readonly<AddressWords>[];
  readonly #targets: readonly Readonly<AddressWords>[];
  /** Whose each open connection is. */
  readonly #open: Destination[] = [];
  readonly #request = {
    family: 4 as const,
    protocol: TCP,
    clientAddress: new Uint32Array(4) as Readonly<AddressWords>,
    clientPort: 40_000,
    destinationAddress: new Uint32Array(4) as Readonly<AddressWords>,
  };

  constructor(bind: Bind, options: BusyOptions) {
    const { destinations, unusable = 0, boundAt = destinations, targets = 256 } = options;
    const config = { ...serviceConfig(), flags: options.flags ?? 0 };
    const stats = new StatsTable();
    const id = serviceId("tcp", "192.0.2.1:80");
    const service = new VirtualService(id, config, stats.add());
    const registry = new DestinationRegistry(DEFAULT_PROFILE, stats);
    for (let number = 0; number < destinations; number++) {
      const usable = (number % SPREAD) / SPREAD >= unusable;
      const full = !usable && number % 2 === 1;
      const weight = usable || full ? 1 + (number % WEIGHTS) : 0;
      const destination = registry.create(
        service,
        ipv4Address(FIRST_SERVER + number),
        80,
        destinationConfig({ weight, upperThreshold: full ? 1 : 0 }),
      );
      if (full) destination.bind(false);
      service.add(destination);
      this.#chooser?.destinationAdded?.(destination);
      if (number + 1 === Math.min(boundAt, destinations)) {
        this.#chooser = bind(service, contextOf(this.#random));
      }
    }
    this.#clients = Array.from({ length: CLIENTS }, () => {
      return ipv4Address(FIRST_CLIENT + this.#random.below(2 ** 23)).words;
    });
    this.#targets = Array.from({ length: targets }, (_, number) => {
      return ipv4Address(FIRST_TARGET + number).words;
    });
    const usable = service.destinations.filter((each) => each.usable);
    for (let number = 0; number < OPEN_PER_DESTINATION * destinations; number++) {
      this.#begin(usable[number % usable.length]);
    }
  }

  /** Lets one connection end and another come, `count` times. */
  run(count: number): void {
    const random = this.#random;
    const request = this.#request;
    const chooser = this.#chooser;
    if (chooser === undefined) return;
    for (let turn = 0; turn < count; turn++) {
      request.clientAddress = this.#clients[random.uint32() % CLIENTS]!;
      request.destinationAddress = this.#targets[random.uint32() % this.#targets.length]!;
      const chosen = chooser.schedule(request);
      if (chosen === undefined) continue;
      const index = random.uint32() % this.#open.length;
      const ended = this.#open[index]!;
      this.#open[index] = chosen;
      ended.recount(false);
      ended.unbind(false, false);
      chosen.bind(false);
      chosen.recount(true);
    }
  }

  #begin(destination: Destination | undefined): void {
    if (destination === undefined) return;
    destination.bind(false);
    destination.recount(true);
    this.#open.push(destination);
  }
}

function contextOf(random: SeededRandom): SchedulerContext {
  return {
    random,
    ticksPerSecond: TICKS_PER_SECOND,
    now: () => 0,
    lblcExpiration: DAY,
    lblcrExpiration: DAY,
    cacheLimit: DEFAULT_PROFILE.cacheLimit,
  };
}
