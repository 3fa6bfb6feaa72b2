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
  SchedulableDestination,
  SchedulableService,
  ScheduleRequest,
  Scheduler,
  SchedulerContext,
  SchedulerModule,
} from "../src/engine/scheduler.ts";
import { AddressCache } from "./address-cache.ts";
import { isOverwhelmed, isReturnOf, leastLoaded } from "./least-loaded.ts";

export const lblc: SchedulerModule = {
  name: "lblc",
  bind: (service, context) => new LocalityBased(service, context),
};

class LocalityBased<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  readonly #context: SchedulerContext;
  readonly #cache: AddressCache<D>;

  constructor(service: SchedulableService<D>, context: SchedulerContext) {
    this.#service = service;
    this.#context = context;
    this.#cache = new AddressCache({
      limit: context.cacheLimit,
      expiration: context.lblcExpiration,
      ticksPerSecond: context.ticksPerSecond,
    });
  }

  schedule(request: ScheduleRequest): D | undefined {
    const { destinations } = this.#service;
    const now = this.#context.now();
    const cached = this.#cache.use(request.destinationAddress, now);
    if (cached?.available && cached.weight > 0 && !isOverwhelmed(cached, destinations)) {
      return cached;
    }
    const least = leastLoaded(destinations);
    if (least !== undefined && least !== cached) {
      this.#cache.set(request.destinationAddress, least, now);
    }
    return least;
  }

  destinationAdded(destination: D): void {
    this.#cache.replaceAll((cached) => (isReturnOf(destination, cached) ? destination : cached));
  }

  everyMinute(): void {
    this.#cache.everyMinute(this.#context.now());
  }
}
