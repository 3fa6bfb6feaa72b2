/**
 * Source hashing (`sh`).
 *
 * Hashes the client's address, with `-b sh-port` its port too, into 256 buckets. They are dealt in
 * list order, to each destination as many in a row as its weight (at least one), around the list
 * until all are gone; weights are not scaled, so ones that add up to more leave the last without.
 * Picks the bucket's destination. If that one is not usable: nobody, or with `-b sh-fallback` the
 * first usable one in an order of the buckets that hangs on the hash. Every change of the list or a
 * weight deals anew.
 *
 * Source: ipvsadm(8), `-s sh`; Linux net/netfilter/ipvs/ip_vs_sh.c.
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
import { SERVICE_FLAG } from "../src/wire/ipvs-objects.ts";
import { candidatesOf, sharesOf } from "./candidates.ts";
import { BUCKET_BITS, BUCKETS, DealtBuckets } from "./dealt-buckets.ts";
import { hashedPort } from "./hashed-port.ts";

/** No bucket. */
const NONE = -1;

export const sh: SchedulerModule = {
  name: "sh",
  bind: (service) => new SourceHashing(service),
};

class SourceHashing<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  readonly #buckets: DealtBuckets<D>;

  constructor(service: SchedulableService<D>) {
    this.#service = service;
    this.#buckets = new DealtBuckets(service.list, ({ weight }) => Math.max(weight, 1));
  }

  schedule(request: ScheduleRequest): D | undefined {
    const bucket = this.#usableBucket(this.#bucketOf(request));
    return bucket === NONE ? undefined : this.#buckets.at(bucket);
  }

  peek(request: ScheduleRequest): D | undefined {
    return this.schedule(request);
  }

  explain(request: ScheduleRequest): ScheduleExplanation<D> {
    const { destinations } = this.#service;
    const bucket = this.#bucketOf(request);
    const used = this.#usableBucket(bucket);
    const choice = used === NONE ? undefined : this.#buckets.at(used);
    const shares = sharesOf(this.#buckets.all());
    const nobody = destinations.some(({ usable }) => usable) ? "hashed-unusable" : "nobody-usable";
    const fallback = used !== NONE && used !== bucket;
    return {
      choice,
      basis: choice === undefined ? nobody : fallback ? "hash-fallback" : "hash",
      figures: {
        bucket,
        buckets: BUCKETS,
        hashedPort: hashedPort(this.#service, request),
        ...(fallback ? { fallbackBucket: used } : {}),
      },
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

  destinationEdited(): void {
    this.#buckets.renew();
  }

  #bucketOf(request: ScheduleRequest): number {
    // The sum wraps at 32 bits inside the hash.
    return hash32(hashedPort(this.#service, request) + fold(request.clientAddress), BUCKET_BITS);
  }

  /** Returns the bucket itself if its destination is usable, else one to fall back on, or `NONE`. */
  #usableBucket(bucket: number): number {
    const hashed = this.#buckets.at(bucket);
    if (hashed === undefined) return NONE;
    if (hashed.usable) return bucket;
    if ((this.#service.flags & SERVICE_FLAG.scheduler1) === 0) return NONE;
    for (let turn = 0; turn < BUCKETS; turn++) {
      // The kernel adds the bucket once to the turn and once more to the hash.
      const fallback = (turn + 2 * bucket) % BUCKETS;
      if (this.#buckets.at(fallback)?.usable) return fallback;
    }
    return NONE;
  }
}
