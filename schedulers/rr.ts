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
  ScheduleExplanation,
  Scheduler,
  SchedulerModule,
} from "../src/engine/scheduler.ts";
import { candidatesOf } from "./candidates.ts";
import { PlacesWhere } from "./places-where.ts";

export const rr: SchedulerModule = {
  name: "rr",
  bind: (service) => new RoundRobin(service),
};

class RoundRobin<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  readonly #usable: PlacesWhere<D>;
  /** The destination picked last, or `undefined` before the first of the list. */
  #cursor: D | undefined;

  constructor(service: SchedulableService<D>) {
    this.#service = service;
    this.#usable = new PlacesWhere(service.list, ({ usable }) => usable);
  }

  schedule(): D | undefined {
    const next = this.peek();
    if (next !== undefined) this.#cursor = next;
    return next;
  }

  /** Returns the usable destination behind the cursor, around the end. */
  peek(): D | undefined {
    const { list } = this.#service;
    const after = list.at(this.#usable.below(this.#cursor?.place ?? list.end));
    return after ?? list.at(this.#usable.below(list.end));
  }

  explain(): ScheduleExplanation<D> {
    const { destinations } = this.#service;
    const choice = this.peek();
    const { length } = destinations;
    const cursor = this.#cursor === undefined ? 0 : destinations.indexOf(this.#cursor) + 1;
    const turnOf = (position: number): number => (position - cursor + length) % length;
    return {
      choice,
      basis: choice === undefined ? "nobody-usable" : "next-in-turn",
      figures: { cursor },
      candidates: candidatesOf(
        destinations,
        choice,
        () => "out-of-turn",
        (_destination, position) => ({ turn: turnOf(position) + 1 }),
      ),
    };
  }

  destinationRemoved(destination: D, place: number): void {
    if (destination === this.#cursor) this.#cursor = this.#service.list.newerThan(place);
  }
}
