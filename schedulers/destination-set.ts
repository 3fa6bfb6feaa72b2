/**
 * The destinations that lblcr remembers for one address.
 *
 * The members' loads are found by their places in what the service keeps of all loads, one after the other.
 * A large set, as an address that everybody asks for gets, has a tournament of its own while it is used so
 * often that little changes from one use to the next.
 *
 * @module
 */
import type { Ticks } from "../src/base/clock.ts";
import type { SchedulableDestination } from "../src/engine/scheduler.ts";
import { MemberLoads } from "./member-loads.ts";
import { OVERHEAD } from "./overhead.ts";
import type { ServiceLoads } from "./service-loads.ts";
import { isHeavier } from "./weights.ts";

/** Members above which a set may keep a tournament. */
const FEW = 64;
/** How many members can be compared in the time one change takes to be looked up. */
const MEMBERS_PER_CHANGE = 8;
const FIRST_CAPACITY = 4;

/** The destinations that serve one address. */
export class DestinationSet<D extends SchedulableDestination> {
  readonly #loads: ServiceLoads<D>;
  /** In the order they joined. */
  readonly #members: D[] = [];
  /** Their places in the list at a revision of it. */
  #places = new Int32Array(FIRST_CAPACITY);
  #revision = -1;
  /** When a member last came or went. */
  #changed: Ticks = 0;
  #tournament: MemberLoads<D> | undefined;
  /** Notes in the list at the last use. */
  #notedThen = 0;

  constructor(loads: ServiceLoads<D>, first: D, now: Ticks) {
    this.#loads = loads;
    this.add(first, now);
  }

  get size(): number {
    return this.#members.length;
  }

  [Symbol.iterator](): IterableIterator<D> {
    return this.#members.values();
  }

  has(destination: D): boolean {
    return this.#members.includes(destination);
  }

  add(destination: D, now: Ticks): void {
    if (this.#tournament?.has(destination) ?? this.has(destination)) return;
    const number = this.#members.length;
    this.#members.push(destination);
    this.#changed = now;
    if (number === this.#places.length) {
      this.#places = new Int32Array(2 * number);
      this.#revision = -1;
    }
    this.#places[number] = destination.place;
    this.#tournament?.joined(destination);
  }

  /** Returns the usable member with the least overhead per weight, the one that joined last of equals. */
  least(): D | undefined {
    const members = this.#members;
    const { list } = this.#loads;
    if (this.#revision !== list.revision) {
      for (const [number, { place }] of members.entries()) this.#places[number] = place;
      this.#revision = list.revision;
      this.#tournament = undefined;
    }
    if (members.length > FEW && this.#isUsedOften()) {
      this.#tournament ??= new MemberLoads(list, members);
      return this.#tournament.least();
    }
    this.#tournament = undefined;
    return members[this.#loads.leastAmong(this.#places, members.length)];
  }

  /** Drops the most loaded of several members if nobody came or went for longer than `period`. */
  shrink(now: Ticks, period: Ticks): void {
    const leaving = this.leaving(now, period);
    if (leaving === undefined) return;
    this.#members.splice(this.#members.indexOf(leaving), 1);
    this.#changed = now;
    this.#revision = -1;
  }

  /** Returns the member `shrink` would drop, if any. */
  leaving(now: Ticks, period: Ticks): D | undefined {
    if (this.#members.length < 2 || now <= this.#changed + period) return undefined;
    return this.#most();
  }

  /** Whether to keep up with what changes takes less time than to compare all members; to be asked once a use. */
  #isUsedOften(): boolean {
    const { noted } = this.#loads.list;
    const changes = noted - this.#notedThen;
    this.#notedThen = noted;
    return changes >= 0 && changes * MEMBERS_PER_CHANGE <= this.#members.length;
  }

  /**
   * Returns the member of a weight above 0 with the most overhead per weight, usable or not, the one that
   * joined last of equals.
   */
  #most(): D | undefined {
    let most: D | undefined;
    for (const candidate of this.#members) {
      if (candidate.weight === 0) continue;
      if (most === undefined || !isMoreLoaded(most, candidate)) most = candidate;
    }
    return most;
  }
}

/** Whether a destination has more overhead per weight than another. */
function isMoreLoaded(destination: SchedulableDestination, other: SchedulableDestination): boolean {
  return isHeavier(
    OVERHEAD.load(destination),
    destination.weight,
    OVERHEAD.load(other),
    other.weight,
  );
}
