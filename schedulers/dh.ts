/**
 * Destination hashing (`dh`).
 *
 * Hashes the packet's destination address into 256 buckets, dealt to the destinations in turn in
 * list order; picks the bucket's destination, or nobody if that one is not usable. The same address
 * goes to the same destination until one is added or removed, which deals anew. Weight counts only
 * as 0 or not, and an edit changes no bucket.
 *
 * Source: ipvsadm(8), `-s dh`; Linux net/netfilter/ipvs/ip_vs_dh.c.
 *
 * @module
 */
import { hash32 } from "../src/base/hash.ts";
import type {
  SchedulableDestination,
  SchedulableService,
  ScheduleExplanation,
  ScheduleRequest,
  Scheduler,
  SchedulerModule,
} from "../src/engine/scheduler.ts";
import { fold } from "../src/net/address.ts";
import { candidatesOf, sharesOf } from "./candidates.ts";

const TABLE_BITS = 8;

export const dh: SchedulerModule = {
  name: "dh",
  bind: (service) => new DestinationHashing(service),
};

class DestinationHashing<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  /** Position of each bucket's destination; meaningless while there are none. */
  readonly #table = new Uint32Array(1 << TABLE_BITS);

  constructor(service: SchedulableService<D>) {
    this.#service = service;
    this.#deal();
  }

  schedule(request: ScheduleRequest): D | undefined {
    const chosen = this.#service.destinations[this.#table[bucketOf(request)]!];
    return chosen?.usable ? chosen : undefined;
  }

  peek(request: ScheduleRequest): D | undefined {
    return this.schedule(request);
  }

  explain(request: ScheduleRequest): ScheduleExplanation<D> {
    const { destinations } = this.#service;
    const choice = this.schedule(request);
    const shares = sharesOf(this.#table, destinations.length);
    const nobody = destinations.length === 0 ? "nobody-usable" : "hashed-unusable";
    const bucket = bucketOf(request);
    return {
      choice,
      basis: choice === undefined ? nobody : "hash",
      figures: { bucket, buckets: this.#table.length },
      candidates: candidatesOf(
        destinations,
        choice,
        () => "not-hashed",
        (_destination, position) => ({
          buckets: shares[position]!,
          hashed: position === this.#table[bucket],
        }),
      ),
    };
  }

  destinationAdded(): void {
    this.#deal();
  }

  destinationRemoved(): void {
    this.#deal();
  }

  #deal(): void {
    const { length } = this.#service.destinations;
    for (let bucket = 0; bucket < this.#table.length; bucket++) {
      this.#table[bucket] = length === 0 ? 0 : bucket % length;
    }
  }
}

function bucketOf(request: ScheduleRequest): number {
  return hash32(fold(request.destinationAddress), TABLE_BITS);
}
