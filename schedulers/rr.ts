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

/** The cursor before the first destination. */
const HEAD = -1;
/** No position. */
const NOBODY = -1;

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
    const position = this.#next();
    if (position === NOBODY) return undefined;
    this.#cursor = position;
    return this.#service.destinations[position];
  }

  peek(): D | undefined {
    const position = this.#next();
    return position === NOBODY ? undefined : this.#service.destinations[position];
  }

  explain(): ScheduleExplanation<D> {
    const { destinations } = this.#service;
    const choice = this.peek();
    const { length } = destinations;
    const turnOf = (position: number): number => (position - this.#cursor - 1 + length) % length;
    return {
      choice,
      basis: choice === undefined ? "nobody-usable" : "next-in-turn",
      figures: { cursor: this.#cursor + 1 },
      candidates: candidatesOf(
        destinations,
        choice,
        () => "out-of-turn",
        (_destination, position) => ({ turn: turnOf(position) + 1 }),
      ),
    };
  }

  destinationAdded(): void {
    if (this.#cursor !== HEAD) this.#cursor++;
  }

  destinationRemoved(_destination: D, position: number): void {
    if (position <= this.#cursor) this.#cursor--;
  }

  /** Returns the position of the usable destination behind the cursor, around the end, or `NOBODY`. */
  #next(): number {
    const after = this.#firstUsable(this.#cursor + 1, this.#service.destinations.length);
    return after === NOBODY ? this.#firstUsable(0, this.#cursor + 1) : after;
  }

  /** Returns the position of the first usable destination in `[from, to)`, or `NOBODY`. */
  #firstUsable(from: number, to: number): number {
    const { destinations } = this.#service;
    for (let position = from; position < to; position++) {
      if (destinations[position]!.usable) return position;
    }
    return NOBODY;
  }
}
