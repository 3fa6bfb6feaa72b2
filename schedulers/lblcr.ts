/**
 * Locality-based least-connection with replication (`lblcr`), for clusters of caches: what is asked
 * of one address goes through one cache, or through several where one cannot cope.
 *
 * Remembers for each destination address of packets a set of destinations. Picks the usable member
 * with the least overhead per weight, unless it is overwhelmed: more active connections than weight
 * while somebody has fewer than half of theirs. Then, as for a new address, picks the usable
 * destination of the whole service with the least overhead per weight, and adds it to the set. A set
 * that has not changed for the expiration time loses its most loaded member. Ties go to the newest:
 * of the service in list order, of a set by joining.
 *
 * State: the cache of sets. What was removed stays in them, passed over, until it is found to be the
 * most loaded or the address is forgotten, and counts once more if it comes back before that.
 *
 * Source: ipvsadm(8), `-s lblcr`; Linux net/netfilter/ipvs/ip_vs_lblcr.c.
 *
 * @module
 */
import type { Ticks } from "../src/base/clock.ts";
import type {
  Basis,
  SchedulableDestination,
  SchedulableService,
  ScheduleExplanation,
  ScheduleRequest,
  Scheduler,
  SchedulerContext,
  SchedulerModule,
} from "../src/engine/scheduler.ts";
import { AddressCache } from "./address-cache.ts";
import { candidatesOf } from "./candidates.ts";
import { isOverwhelmed, leastLoaded, loadFigures, ratingBeside } from "./least-loaded.ts";
import { isHeavier } from "./weights.ts";

export const lblcr: SchedulerModule = {
  name: "lblcr",
  bind: (service, context) => new ReplicatedLocality(service, context),
};

class ReplicatedLocality<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  readonly #context: SchedulerContext;
  readonly #cache: AddressCache<DestinationSet<D>>;

  constructor(service: SchedulableService<D>, context: SchedulerContext) {
    this.#service = service;
    this.#context = context;
    this.#cache = new AddressCache({
      limit: context.cacheLimit,
      expiration: context.lblcrExpiration,
      ticksPerSecond: context.ticksPerSecond,
    });
  }

  schedule(request: ScheduleRequest): D | undefined {
    const now = this.#context.now();
    const set = this.#cache.use(request.destinationAddress, now);
    // Chosen before the set shrinks: a member may serve once more while it leaves.
    const member = this.#memberOf(set);
    set?.shrink(now, this.#context.lblcrExpiration);
    if (member !== undefined) return member;
    const least = leastLoaded(this.#service.destinations);
    if (least === undefined) return undefined;
    if (set !== undefined) {
      set.add(least, now);
    } else if (!this.#cache.isFull) {
      this.#cache.set(request.destinationAddress, new DestinationSet(least, now), now);
    }
    return least;
  }

  peek(request: ScheduleRequest): D | undefined {
    const member = this.#memberOf(this.#cache.peek(request.destinationAddress));
    return member ?? leastLoaded(this.#service.destinations);
  }

  explain(request: ScheduleRequest): ScheduleExplanation<D> {
    const set = this.#cache.peek(request.destinationAddress);
    const member = this.#memberOf(set);
    const choice = this.peek(request);
    const least = set?.least();
    const leaving = set?.leaving(this.#context.now(), this.#context.lblcrExpiration);
    return {
      choice,
      basis: basisOf(choice, set, member),
      figures: { members: set?.size ?? 0 },
      candidates: candidatesOf(
        this.#service.destinations,
        choice,
        (candidate) => {
          if (member === undefined && candidate === least) return "overwhelmed";
          if (member !== undefined && !set?.has(candidate)) return "not-remembered";
          return ratingBeside(choice, candidate);
        },
        (candidate) => ({
          ...loadFigures(candidate),
          member: set?.has(candidate) ?? false,
          ...(candidate === leaving ? { leaves: true } : {}),
        }),
      ),
    };
  }

  *remembered(): Generator<D, void, undefined> {
    for (const set of this.#cache.values()) yield* set;
  }

  everyMinute(): void {
    this.#cache.everyMinute(this.#context.now());
  }

  /** Returns the member of a set that serves without help, if there is one. */
  #memberOf(set: DestinationSet<D> | undefined): D | undefined {
    const member = set?.least();
    if (member === undefined || isOverwhelmed(member, this.#service.destinations)) return undefined;
    return member;
  }
}

function basisOf(choice: unknown, set: unknown, member: unknown): Basis {
  if (choice === undefined) return "nobody-usable";
  if (member !== undefined) return "remembered";
  return set === undefined ? "not-remembered" : "remembered-anew";
}

/** The destinations that serve one address. */
class DestinationSet<D extends SchedulableDestination> {
  /** Newest first. */
  readonly #members: D[];
  /** When a member last came or went. */
  #changed: Ticks;

  constructor(first: D, now: Ticks) {
    this.#members = [first];
    this.#changed = now;
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
    if (this.#members.includes(destination)) return;
    this.#members.unshift(destination);
    this.#changed = now;
  }

  /** Returns the usable member with the least overhead per weight, the first of equals. */
  least(): D | undefined {
    let least: D | undefined;
    let leastOverhead = 0;
    for (const candidate of this.#members) {
      if (!candidate.usable || !candidate.available) continue;
      const overhead = candidate.overhead | 0;
      if (
        least === undefined ||
        isHeavier(leastOverhead, least.weight, overhead, candidate.weight)
      ) {
        least = candidate;
        leastOverhead = overhead;
      }
    }
    return least;
  }

  /** Drops the most loaded of several members if nobody came or went for longer than `period`. */
  shrink(now: Ticks, period: Ticks): void {
    const leaving = this.leaving(now, period);
    if (leaving === undefined) return;
    this.#members.splice(this.#members.indexOf(leaving), 1);
    this.#changed = now;
  }

  /** Returns the member `shrink` would drop, if any. */
  leaving(now: Ticks, period: Ticks): D | undefined {
    if (this.#members.length < 2 || now <= this.#changed + period) return undefined;
    return this.#most();
  }

  /** Returns the member of a weight above 0 with the most overhead per weight, usable or not. */
  #most(): D | undefined {
    let most: D | undefined;
    let mostOverhead = 0;
    for (const candidate of this.#members) {
      if (candidate.weight === 0) continue;
      const overhead = candidate.overhead | 0;
      if (most === undefined || isHeavier(overhead, candidate.weight, mostOverhead, most.weight)) {
        most = candidate;
        mostOverhead = overhead;
      }
    }
    return most;
  }
}
