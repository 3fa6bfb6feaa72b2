/**
 * Round robin (`rr`).
 *
 * Picks the usable destination that follows the one picked last, in list order and around its end.
 * Its only state is that place in the list, the cursor: a removed destination leaves it to the one
 * before it, a new one at the head does not move it. Weight counts only as 0 or not.
 *
 * Source: ipvsadm(8), `-s rr`; Linux net/netfilter/ipvs/ip_vs_rr.c.
 *
 * @module
 */
import type {
  SchedulableDestination,
  SchedulableService,
  Scheduler,
  SchedulerModule,
} from "../src/engine/scheduler.ts";

/** The cursor before the first destination. */
const HEAD = -1;

export const rr: SchedulerModule = {
  name: "rr",
  bind: (service) => new RoundRobin(service),
};

class RoundRobin<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  /** Position of the destination picked last, or `HEAD`. */
  #cursor = HEAD;

  constructor(service: SchedulableService<D>) {
    this.#service = service;
  }

  schedule(): D | undefined {
    const { length } = this.#service.destinations;
    return this.#firstUsable(this.#cursor + 1, length) ?? this.#firstUsable(0, this.#cursor + 1);
  }

  destinationAdded(): void {
    if (this.#cursor !== HEAD) this.#cursor++;
  }

  destinationRemoved(_destination: D, position: number): void {
    if (position <= this.#cursor) this.#cursor--;
  }

  /** Returns the first usable destination in `[from, to)` and moves the cursor there. */
  #firstUsable(from: number, to: number): D | undefined {
    const { destinations } = this.#service;
    for (let position = from; position < to; position++) {
      const candidate = destinations[position]!;
      if (!candidate.usable) continue;
      this.#cursor = position;
      return candidate;
    }
    return undefined;
  }
}
