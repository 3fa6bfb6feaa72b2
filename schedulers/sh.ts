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
import { hashedPort } from "./hashed-port.ts";

const TABLE_BITS = 8;
const TABLE_SIZE = 1 << TABLE_BITS;
/** No bucket. */
const NONE = -1;

export const sh: SchedulerModule = {
  name: "sh",
  bind: (service) => new SourceHashing(service),
};

class SourceHashing<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  /** Position of each bucket's destination; meaningless while there are none. */
  readonly #table = new Uint32Array(TABLE_SIZE);

  constructor(service: SchedulableService<D>) {
    this.#service = service;
    this.#deal();
  }

  schedule(request: ScheduleRequest): D | undefined {
    const bucket = this.#usableBucket(this.#bucketOf(request));
    return bucket === NONE ? undefined : this.#at(bucket);
  }

  peek(request: ScheduleRequest): D | undefined {
    return this.schedule(request);
  }

  explain(request: ScheduleRequest): ScheduleExplanation<D> {
    const { destinations } = this.#service;
    const bucket = this.#bucketOf(request);
    const used = this.#usableBucket(bucket);
    const choice = used === NONE ? undefined : this.#at(used);
    const shares = sharesOf(this.#table, destinations.length);
    const nobody = destinations.some(({ usable }) => usable) ? "hashed-unusable" : "nobody-usable";
    const fallback = used !== NONE && used !== bucket;
    return {
      choice,
      basis: choice === undefined ? nobody : fallback ? "hash-fallback" : "hash",
      figures: {
        bucket,
        buckets: TABLE_SIZE,
        hashedPort: hashedPort(this.#service, request),
        ...(fallback ? { fallbackBucket: used } : {}),
      },
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

  destinationEdited(): void {
    this.#deal();
  }

  #bucketOf(request: ScheduleRequest): number {
    // The sum wraps at 32 bits inside the hash.
    return hash32(hashedPort(this.#service, request) + fold(request.clientAddress), TABLE_BITS);
  }

  /** Returns the bucket itself if its destination is usable, else one to fall back on, or `NONE`. */
  #usableBucket(bucket: number): number {
    const hashed = this.#at(bucket);
    if (hashed === undefined) return NONE;
    if (hashed.usable) return bucket;
    if ((this.#service.flags & SERVICE_FLAG.scheduler1) === 0) return NONE;
    for (let turn = 0; turn < TABLE_SIZE; turn++) {
      // The kernel adds the bucket once to the turn and once more to the hash.
      const fallback = (turn + 2 * bucket) % TABLE_SIZE;
      if (this.#at(fallback)?.usable) return fallback;
    }
    return NONE;
  }

  #at(bucket: number): D | undefined {
    return this.#service.destinations[this.#table[bucket]!];
  }

  #deal(): void {
    const { destinations } = this.#service;
    let position = 0;
    let dealt = 0;
    for (let bucket = 0; bucket < TABLE_SIZE; bucket++) {
      this.#table[bucket] = position;
      dealt++;
      if (dealt >= (destinations[position]?.weight ?? 0)) {
        position = position + 1 < destinations.length ? position + 1 : 0;
        dealt = 0;
      }
    }
  }
}
