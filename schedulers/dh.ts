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
import { BUCKET_BITS, BUCKETS, DealtBuckets } from "./dealt-buckets.ts";

export const dh: SchedulerModule = {
  name: "dh",
  bind: (service) => new DestinationHashing(service),
};

class DestinationHashing<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  readonly #buckets: DealtBuckets<D>;

  constructor(service: SchedulableService<D>) {
    this.#service = service;
    this.#buckets = new DealtBuckets(service.list, () => 1);
  }

  schedule(request: ScheduleRequest): D | undefined {
    const chosen = this.#buckets.at(bucketOf(request));
    return chosen?.usable ? chosen : undefined;
  }

  peek(request: ScheduleRequest): D | undefined {
    return this.schedule(request);
  }

  explain(request: ScheduleRequest): ScheduleExplanation<D> {
    const { destinations } = this.#service;
    const choice = this.schedule(request);
    const shares = sharesOf(this.#buckets.all());
    const nobody = destinations.length === 0 ? "nobody-usable" : "hashed-unusable";
    const bucket = bucketOf(request);
    return {
      choice,
      basis: choice === undefined ? nobody : "hash",
      figures: { bucket, buckets: BUCKETS },
      candidates: candidatesOf(
        destinations,
        choice,
        () => "not-hashed",
        (destination) => ({
          buckets: shares.get(destination) ?? 0,
          hashed: destination === this.#buckets.at(bucket),
        }),
      ),
    };
  }

  destinationAdded(): void {
    this.#buckets.renew();
  }

  destinationRemoved(): void {
    this.#buckets.renew();
  }
}

function bucketOf(request: ScheduleRequest): number {
  return hash32(fold(request.destinationAddress), BUCKET_BITS);
}
