/**
 * Locality-based least-connection (`lblc`), for clusters of caches: what is asked of one address
 * goes through one cache.
 *
 * Remembers for each destination address of packets whom it picked, and picks that one again if it is
 * of a weight above 0 and not overwhelmed: no more active connections than weight, or nobody else
 * with fewer than half of theirs. Otherwise picks and remembers the usable destination with the
 * least overhead per weight, ties to the first in list order, the newest.
 *
 * The overload flag keeps a destination from being picked afresh, not from being picked again, as in
 * the kernel. State: the cache. What was removed stays in it, passed over, until its address asks
 * again or is forgotten, and counts once more if it comes back before that.
 *
 * Source: ipvsadm(8), `-s lblc`; Linux net/netfilter/ipvs/ip_vs_lblc.c.
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
import { loadFigures, ratingBeside } from "./least.ts";
import { OVERHEAD } from "./overhead.ts";
import { ServiceLoads } from "./service-loads.ts";

export const lblc: SchedulerModule = {
  name: "lblc",
  bind: (service, context) => new LocalityBased(service, context),
};

class LocalityBased<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  readonly #context: SchedulerContext;
  readonly #loads: ServiceLoads<D>;
  readonly #cache: AddressCache<D>;

  constructor(service: SchedulableService<D>, context: SchedulerContext) {
    this.#service = service;
    this.#context = context;
    this.#loads = new ServiceLoads(service.list);
    this.#cache = new AddressCache({
      limit: context.cacheLimit,
      expiration: context.lblcExpiration,
      ticksPerSecond: context.ticksPerSecond,
    });
  }

  schedule(request: ScheduleRequest): D | undefined {
    const now = this.#context.now();
    const cached = this.#cache.use(request.destinationAddress, now);
    const choice = this.#choose(cached);
    if (choice !== undefined && choice !== cached) {
      this.#cache.set(request.destinationAddress, choice, now);
    }
    return choice;
  }

  peek(request: ScheduleRequest): D | undefined {
    return this.#choose(this.#cache.peek(request.destinationAddress));
  }

  explain(request: ScheduleRequest): ScheduleExplanation<D> {
    const { destinations } = this.#service;
    const cached = this.#cache.peek(request.destinationAddress);
    const choice = this.#choose(cached);
    const kept = cached !== undefined && this.#mayServe(cached);
    return {
      choice,
      basis: basisOf(choice, cached, kept),
      figures: { remembered: cached !== undefined },
      candidates: candidatesOf(
        destinations,
        choice,
        (candidate) => {
          if (candidate === cached) return "overwhelmed";
          return kept ? "not-remembered" : ratingBeside(choice, candidate, OVERHEAD);
        },
        (candidate) => ({ ...loadFigures(candidate, OVERHEAD), remembered: candidate === cached }),
      ),
    };
  }

  remembered(): Iterable<D> {
    return this.#cache.values();
  }

  everyMinute(): void {
    this.#cache.everyMinute(this.#context.now());
  }

  #choose(cached: D | undefined): D | undefined {
    if (cached !== undefined && this.#mayServe(cached)) return cached;
    return this.#loads.least();
  }

  /** Whether what was remembered is picked again. */
  #mayServe(cached: D): boolean {
    return cached.available && cached.weight > 0 && !this.#loads.isOverwhelmed(cached);
  }
}

function basisOf(choice: unknown, cached: unknown, kept: boolean): Basis {
  if (choice === undefined) return "nobody-usable";
  if (kept) return "remembered";
  return cached === undefined ? "not-remembered" : "remembered-anew";
}
