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
 * State: the table, which follows from the list and its weights and is made anew when it is wanted after a
 * change, not at each of many. It goes by the last weight that was not 0: quiescing a destination moves no
 * other's clients. With more destinations than slots the table stays as it was.
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
  const shares = new MaglevHashing(service, tableSize).shares();
  return service.destinations.map((destination) => shares.get(destination) ?? 0);
}

class MaglevHashing<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  /** The destinations the table was made for, which a list too long leaves in use. */
  #destinations: readonly D[] = [];
  /** Index of each slot's destination among them, or `FREE`: in all slots or in none. */
  readonly #table: Int32Array;
  /** Whether the list or a weight has changed since the table was made. */
  #stale: boolean;

  constructor(service: SchedulableService<D>, tableSize: number) {
    this.#service = service;
    this.#table = new Int32Array(tableSize).fill(FREE);
    this.#stale = service.list.size <= tableSize;
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
          slots: shares.get(destination) ?? 0,
          hashed: destination === this.#at(slot),
        }),
      ),
    };
  }

  destinationAdded(): void {
    if (this.#service.list.size <= this.#table.length) this.#stale = true;
    // One too many: the table stays as it follows from the others.
    else if (this.#stale) this.#populate(this.#service.destinations.slice(1));
  }

  destinationRemoved(): void {
    this.#changed();
  }

  destinationEdited(): void {
    this.#changed();
  }

  /** Slots of each destination that has any. */
  shares(): ReadonlyMap<D, number> {
    this.#refresh();
    const taken = this.#table.subarray(0, this.#destinations.length === 0 ? 0 : undefined);
    return sharesOf(Array.from(taken, (index) => this.#destinations[index]!));
  }

  #changed(): void {
    if (this.#service.list.size <= this.#table.length) this.#stale = true;
  }

  #refresh(): void {
    if (this.#stale) this.#populate(this.#service.destinations);
  }

  #keyOf(request: ScheduleRequest): number {
    return hashedPort(this.#service, request) + fold(request.clientAddress);
  }

  /** Returns the key's slot if its destination is usable, else one to fall back on, or `NONE`. */
  #usableSlot(key: number): number {
    this.#refresh();
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

  /** Makes the table for `destinations`, in list order. */
  #populate(destinations: readonly D[]): void {
    this.#stale = false;
    this.#destinations = destinations.filter(({ lastWeight }) => lastWeight > 0);
    fill(this.#table, this.#destinations, this.#service.family);
  }
}

/** Lets destinations, all of a weight above 0, claim the slots of a table in turn. */
function fill(
  table: Int32Array,
  destinations: readonly SchedulableDestination[],
  family: Family,
): void {
  const size = table.length;
  table.fill(FREE);
  const turns = turnsOf(destinations);
  const keys = destinations.map((each) => each.port + foldAs(family, each));
  const slots = Int32Array.from(keys, (key) => slotOf(key, size));
  const steps = Int32Array.from(keys, (key) => (sipHash13(STEP_KEY, key) % (size - 1)) + 1);
  let free = destinations.length === 0 ? 0 : size;
  while (free > 0) {
    for (let index = 0; index < slots.length && free > 0; index++) {
      const step = steps[index]!;
      let slot = slots[index]!;
      for (let turn = turns[index]!; turn > 0 && free > 0; turn--, free--) {
        while (table[slot] !== FREE) slot = slot + step < size ? slot + step : slot + step - size;
        table[slot] = index;
      }
      slots[index] = slot;
    }
  }
}

/** Returns how many slots each destination claims at a time, at least 1. */
function turnsOf(destinations: readonly SchedulableDestination[]): readonly number[] {
  let divisor = 0;
  let highest = 0;
  for (const { lastWeight } of destinations) {
    divisor = gcd(lastWeight, divisor);
    highest = Math.max(highest, lastWeight);
  }
  const bits = 32 - Math.clz32(highest / divisor);
  const shift = Math.max(0, bits - TURN_BITS);
  return destinations.map(({ lastWeight }) => Math.max(1, (lastWeight / divisor) >> shift));
}

/** Returns the slot of a key, the low 32 bits of which count. */
function slotOf(key: number, size: number): number {
  return sipHash13(SLOT_KEY, key) % size;
}

/** Returns the folded address as seen with the service's family: in IPv4 only the first word. */
function foldAs(family: Family, { address }: SchedulableDestination): number {
  return family === 4 ? address.words[0]! : fold(address.words);
}
