/**
 * Maglev hashing (`mh`).
 *
 * Hashes the client's address, with `-b mh-port` its port too, into a table of 4093 slots, or of what
 * else the kernel was built with. Each destination walks the slots in an order of its own, which follows
 * from its address and port, and all take turns to claim the first free slot on their walk until none is
 * left; its weight is how many it claims a turn. So a change of the list moves few clients besides those it must.
 *
 * Picks the slot's destination. If that one is not usable: nobody, or with `-b mh-fallback` the
 * first usable one among slots hashed from the client and a running number.
 *
 * State: the table, made anew at every change of the list or a weight. It goes by the last weight
 * that was not 0: quiescing a destination moves no other's clients. With more destinations than
 * slots the table stays as it was.
 *
 * Source: ipvsadm(8), `-s mh`; Linux net/netfilter/ipvs/ip_vs_mh.c; Eisenbud et al., "Maglev: A Fast
 * and Reliable Software Network Load Balancer", section 3.4.
 *
 * @module
 */
import { sipHash13 } from "../src/base/hash.ts";
import type {
  SchedulableDestination,
  SchedulableService,
  ScheduleExplanation,
  ScheduleRequest,
  Scheduler,
  SchedulerModule,
} from "../src/engine/scheduler.ts";
import { type Family, fold } from "../src/net/address.ts";
import { SERVICE_FLAG } from "../src/wire/ipvs-objects.ts";
import { candidatesOf, sharesOf } from "./candidates.ts";
import { hashedPort } from "./hashed-port.ts";
import { gcd } from "./weights.ts";

/**
 * Slots of the table by what the kernel was built with (`CONFIG_IP_VS_MH_TAB_INDEX`, 8–17): primes, so that
 * every step visits every slot.
 */
export const MH_TABLE_SIZES: readonly number[] = [
  251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071,
];
/** What kernels are built with by default. */
const DEFAULT_TABLE_SIZE = 4093;
/** Turns are scaled to fit in this many bits. */
const TURN_BITS = 6;
/** Key of the hash that gives slots, both of its halves. */
const SLOT_KEY = 2654435761;
/** Key of the hash that gives the steps of a walk. */
const STEP_KEY = 2654446892;
/** A slot that is nobody's. */
const FREE = -1;
/** No slot. */
const NONE = -1;

export const mh: SchedulerModule = maglevHashing(DEFAULT_TABLE_SIZE);

/** Returns `mh` as a kernel has it that was built with a table of another size, one of `MH_TABLE_SIZES`. */
export function maglevHashing(tableSize: number): SchedulerModule {
  return { name: "mh", bind: (service) => new MaglevHashing(service, tableSize) };
}

/** Returns how many slots each destination gets of a table, by its position in the list. */
export function maglevShares(service: SchedulableService, tableSize: number): readonly number[] {
  return new MaglevHashing(service, tableSize).shares();
}

/** One destination's way through the slots. */
interface Walk {
  readonly position: number;
  /** Slots claimed a turn, at least 1. */
  readonly turns: number;
  readonly step: number;
  slot: number;
}

class MaglevHashing<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  /** The list the table was made for, which a list too long leaves in use. */
  #destinations: readonly D[] = [];
  /** Position of each slot's destination, or `FREE`: in all slots or in none. */
  readonly #table: Int32Array;

  constructor(service: SchedulableService<D>, tableSize: number) {
    this.#service = service;
    this.#table = new Int32Array(tableSize).fill(FREE);
    this.#populate();
  }

  schedule(request: ScheduleRequest): D | undefined {
    const slot = this.#usableSlot(this.#keyOf(request));
    return slot === NONE ? undefined : this.#at(slot);
  }

  peek(request: ScheduleRequest): D | undefined {
    return this.schedule(request);
  }

  explain(request: ScheduleRequest): ScheduleExplanation<D> {
    const key = this.#keyOf(request);
    const slot = slotOf(key, this.#table.length);
    const used = this.#usableSlot(key);
    const choice = used === NONE ? undefined : this.#at(used);
    const shares = this.shares();
    const positions = new Map(this.#destinations.map((each, position) => [each, position]));
    const { destinations } = this.#service;
    const nobody = destinations.some(({ usable }) => usable) ? "hashed-unusable" : "nobody-usable";
    const fallback = used !== NONE && used !== slot;
    return {
      choice,
      basis: choice === undefined ? nobody : fallback ? "hash-fallback" : "hash",
      figures: {
        slot,
        slots: this.#table.length,
        hashedPort: hashedPort(this.#service, request),
        ...(fallback ? { fallbackSlot: used } : {}),
      },
      candidates: candidatesOf(
        destinations,
        choice,
        () => "not-hashed",
        (destination) => ({
          slots: shares[positions.get(destination) ?? NONE] ?? 0,
          hashed: destination === this.#at(slot),
        }),
      ),
    };
  }

  destinationAdded(): void {
    this.#populate();
  }

  destinationRemoved(): void {
    this.#populate();
  }

  destinationEdited(): void {
    this.#populate();
  }

  /** Slots of each destination, by position. */
  shares(): readonly number[] {
    return sharesOf(this.#table, this.#destinations.length);
  }

  #keyOf(request: ScheduleRequest): number {
    return hashedPort(this.#service, request) + fold(request.clientAddress);
  }

  /** Returns the key's slot if its destination is usable, else one to fall back on, or `NONE`. */
  #usableSlot(key: number): number {
    const size = this.#table.length;
    const slot = slotOf(key, size);
    const hashed = this.#at(slot);
    if (hashed === undefined) return NONE;
    if (hashed.usable) return slot;
    if ((this.#service.flags & SERVICE_FLAG.scheduler1) === 0) return NONE;
    for (let turn = 0; turn < size; turn++) {
      const fallback = slotOf(key + ((turn + slot) % size), size);
      if (this.#at(fallback)?.usable) return fallback;
    }
    return NONE;
  }

  #at(slot: number): D | undefined {
    return this.#destinations[this.#table[slot]!];
  }

  #populate(): void {
    const { destinations, family } = this.#service;
    const size = this.#table.length;
    if (destinations.length > size) return;
    this.#destinations = destinations;
    this.#table.fill(FREE);
    const walks = walksOf(destinations, family, size);
    let free = walks.length === 0 ? 0 : size;
    while (free > 0) {
      for (const walk of walks) {
        const claims = Math.min(walk.turns, free);
        for (let claim = 0; claim < claims; claim++) this.#claim(walk);
        free -= claims;
      }
    }
  }

  /** Gives `walk` the first free slot on its way; there must be one. */
  #claim(walk: Walk): void {
    const size = this.#table.length;
    while (this.#table[walk.slot] !== FREE) walk.slot = (walk.slot + walk.step) % size;
    this.#table[walk.slot] = walk.position;
  }
}

/** Returns the slot of a key, the low 32 bits of which count. */
function slotOf(key: number, size: number): number {
  return sipHash13(SLOT_KEY, key) % size;
}

/** Returns the walks of all destinations that were ever given a weight. */
function walksOf(
  destinations: readonly SchedulableDestination[],
  family: Family,
  size: number,
): Walk[] {
  let divisor = 0;
  let highest = 0;
  for (const { lastWeight } of destinations) {
    divisor = gcd(lastWeight, divisor);
    highest = Math.max(highest, lastWeight);
  }
  const bits = 32 - Math.clz32(highest / divisor);
  const shift = Math.max(0, bits - TURN_BITS);
  const walks: Walk[] = [];
  destinations.forEach((destination, position) => {
    if (destination.lastWeight === 0) return;
    const key = destination.port + foldAs(family, destination);
    walks.push({
      position,
      turns: Math.max(1, (destination.lastWeight / divisor) >> shift),
      step: (sipHash13(STEP_KEY, key) % (size - 1)) + 1,
      slot: slotOf(key, size),
    });
  });
  return walks;
}

/** Returns the folded address as seen with the service's family: in IPv4 only the first word. */
function foldAs(family: Family, { address }: SchedulableDestination): number {
  return family === 4 ? address.words[0]! : fold(address.words);
}
