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
import { DestinationSet } from "./destination-set.ts";
import { loadFigures, ratingBeside } from "./least.ts";
import { OVERHEAD } from "./overhead.ts";
import { ServiceLoads } from "./service-loads.ts";

export const lblcr: SchedulerModule = {
  name: "lblcr",
  bind: (service, context) => new ReplicatedLocality(service, context),
};

class ReplicatedLocality<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  readonly #context: SchedulerContext;
  readonly #loads: ServiceLoads<D>;
  readonly #cache: AddressCache<DestinationSet<D>>;

  constructor(service: SchedulableService<D>, context: SchedulerContext) {
    this.#service = service;
    this.#context = context;
    this.#loads = new ServiceLoads(service.list);
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
    const least = this.#loads.least();
    if (least === undefined) return undefined;
    if (set !== undefined) {
      set.add(least, now);
    } else if (!this.#cache.isFull) {
      this.#cache.set(request.destinationAddress, new DestinationSet(this.#loads, least, now), now);
    }
    return least;
  }

  peek(request: ScheduleRequest): D | undefined {
    const member = this.#memberOf(this.#cache.peek(request.destinationAddress));
    return member ?? this.#loads.least();
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
          return ratingBeside(choice, candidate, OVERHEAD);
        },
        (candidate) => ({
          ...loadFigures(candidate, OVERHEAD),
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
    return member === undefined || this.#loads.isOverwhelmed(member) ? undefined : member;
  }
}

function basisOf(choice: unknown, set: unknown, member: unknown): Basis {
  if (choice === undefined) return "nobody-usable";
  if (member !== undefined) return "remembered";
  return set === undefined ? "not-remembered" : "remembered-anew";
}
