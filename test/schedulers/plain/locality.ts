/**
 * lblc and lblcr as plain scans. Only the cache is that of the project.
 *
 * @module
 */
import { AddressCache } from "../../../schedulers/address-cache.ts";
import type { SchedulableDestination, SchedulerContext } from "../../../src/engine/scheduler.ts";
import { isMore, leastOf, overheadOf } from "./compared.ts";
import type { PlainModule } from "./plain-scheduler.ts";

export const lblc: PlainModule = (service, context) => {
  const cache = cacheOf<(typeof service.destinations)[number]>(context, context.lblcExpiration);
  return {
    schedule: ({ destinationAddress }) => {
      const now = context.now();
      const known = cache.use(destinationAddress, now);
      if (known?.available && known.weight > 0 && !isOverwhelmed(known, service.destinations)) {
        return known;
      }
      const least = leastOf(service.destinations, overheadOf);
      if (least !== undefined && least !== known) cache.set(destinationAddress, least, now);
      return least;
    },
    everyMinute: () => cache.everyMinute(context.now()),
  };
};

/** Members newest first, and when one last came or went. */
interface Members<D> {
  list: D[];
  changed: number;
}

export const lblcr: PlainModule = (service, context) => {
  const cache = cacheOf<Members<(typeof service.destinations)[number]>>(
    context,
    context.lblcrExpiration,
  );
  return {
    schedule: ({ destinationAddress }) => {
      const now = context.now();
      const set = cache.use(destinationAddress, now);
      const serving = set?.list.filter(({ available }) => available) ?? [];
      const member = leastOf(serving, overheadOf);
      if (set && set.list.length > 1 && now > set.changed + context.lblcrExpiration) {
        const most = mostOf(set.list);
        if (most !== undefined) {
          set.list = set.list.filter((each) => each !== most);
          set.changed = now;
        }
      }
      if (member !== undefined && !isOverwhelmed(member, service.destinations)) return member;
      const least = leastOf(service.destinations, overheadOf);
      if (least === undefined) return undefined;
      if (set === undefined) {
        cache.set(destinationAddress, { list: [least], changed: now }, now);
      } else if (!set.list.includes(least)) {
        set.list = [least, ...set.list];
        set.changed = now;
      }
      return least;
    },
    everyMinute: () => cache.everyMinute(context.now()),
  };
};

function isOverwhelmed(
  destination: SchedulableDestination,
  destinations: readonly SchedulableDestination[],
): boolean {
  if (destination.activeConnections <= destination.weight) return false;
  return destinations.some(({ activeConnections, weight }) => activeConnections * 2 < weight);
}

function mostOf<D extends SchedulableDestination>(members: readonly D[]): D | undefined {
  let most: D | undefined;
  for (const candidate of members) {
    if (candidate.weight === 0) continue;
    if (
      most === undefined ||
      isMore(overheadOf(candidate), candidate.weight, overheadOf(most), most.weight)
    ) {
      most = candidate;
    }
  }
  return most;
}

function cacheOf<V>(context: SchedulerContext, expiration: number): AddressCache<V> {
  const { cacheLimit, ticksPerSecond } = context;
  return new AddressCache({ limit: cacheLimit, expiration, ticksPerSecond });
}
