/**
 * Maglev hashing (`mh`).
 *
 * Hashes the client's address, with `-b mh-port` its port too, into a table of 4093 slots. Each
 * destination walks the slots in an order of its own, which follows from its address and port, and
 * all take turns to claim the first free slot on their walk until none is left; its weight is how
 * many it claims a turn. So a change of the list moves few clients besides those it must.
 *
 * Picks the slot's destination. If that one is not usable: nobody, or with `-b mh-fallback` the
 * first usable one among slots hashed from the client and a running number.
 *
 * State: the table, made anew at every change of the list or a weight. It goes by the last weight
 * that was not 0: quiescing a destination moves no other's clients. Beyond 4093 destinations the
 * table stays as it was.
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

/** Slots of the table: a prime, so that every step visits every slot. */
const TABLE_SIZE = 4093;
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

export const mh: SchedulerModule = {
  name: "mh",
  bind: (service) => new MaglevHashing(service),
};

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
  readonly #table = new Int16Array(TABLE_SIZE).fill(FREE);

  constructor(service: SchedulableService<D>) {
    this.#service = service;
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
    const slot = slotOf(key);
    const used = this.#usableSlot(key);
    const choice = used === NONE ? undefined : this.#at(used);
    const shares = sharesOf(this.#table, this.#destinations.length);
    const positions = new Map(this.#destinations.map((each, position) => [each, position]));
    const { destinations } = this.#service;
    const nobody = destinations.some(({ usable }) => usable) ? "hashed-unusable" : "nobody-usable";
    const fallback = used !== NONE && used !== slot;
    return {
      choice,
      basis: choice === undefined ? nobody : fallback ? "hash-fallback" : "hash",
      figures: {
        slot,
        slots: TABLE_SIZE,
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

  #keyOf(request: ScheduleRequest): number {
    return hashedPort(this.#service, request) + fold(request.clientAddress);
  }

  /** Returns the key's slot if its destination is usable, else one to fall back on, or `NONE`. */
  #usableSlot(key: number): number {
    const slot = slotOf(key);
    const hashed = this.#at(slot);
    if (hashed === undefined) return NONE;
    if (hashed.usable) return slot;
    if ((this.#service.flags & SERVICE_FLAG.scheduler1) === 0) return NONE;
    for (let turn = 0; turn < TABLE_SIZE; turn++) {
      const fallback = slotOf(key + ((turn + slot) % TABLE_SIZE));
      if (this.#at(fallback)?.usable) return fallback;
    }
    return NONE;
  }

  #at(slot: number): D | undefined {
    return this.#destinations[this.#table[slot]!];
  }

  #populate(): void {
    const { destinations, family } = this.#service;
    if (destinations.length > TABLE_SIZE) return;
    this.#destinations = destinations;
    this.#table.fill(FREE);
    const walks = walksOf(destinations, family);
    let free = walks.length === 0 ? 0 : TABLE_SIZE;
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
    while (this.#table[walk.slot] !== FREE) walk.slot = (walk.slot + walk.step) % TABLE_SIZE;
    this.#table[walk.slot] = walk.position;
  }
}

/** Returns the slot of a key, the low 32 bits of which count. */
function slotOf(key: number): number {
  return sipHash13(SLOT_KEY, key) % TABLE_SIZE;
}

/** Returns the walks of all destinations that were ever given a weight. */
function walksOf(destinations: readonly SchedulableDestination[], family: Family): Walk[] {
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
      step: (sipHash13(STEP_KEY, key) % (TABLE_SIZE - 1)) + 1,
      slot: slotOf(key),
    });
  });
  return walks;
}

/** Returns the folded address as seen with the service's family: in IPv4 only the first word. */
function foldAs(family: Family, { address }: SchedulableDestination): number {
  return family === 4 ? address.words[0]! : fold(address.words);
}
