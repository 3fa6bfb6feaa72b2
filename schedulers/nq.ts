/**
 * Never queue (`nq`).
 *
 * Picks the first usable destination without active connections, however light; if all are busy, the
 * one with the least (active connections + 1) per weight, as sed does. Ties go to the first in list
 * order, the newest.
 *
 * Source: ipvsadm(8), `-s nq`; Linux net/netfilter/ipvs/ip_vs_nq.c.
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
import { EXPECTED_DELAY } from "./expected-delay.ts";
import { loadFigures, ratingBeside } from "./least.ts";
import { LeastOfList } from "./least-of-list.ts";
import { PlacesWhere } from "./places-where.ts";

export const nq: SchedulerModule = {
  name: "nq",
  bind: (service) => new NeverQueue(service),
};

class NeverQueue<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  readonly #idle: PlacesWhere<D>;
  readonly #delays: LeastOfList<D>;

  constructor(service: SchedulableService<D>) {
    this.#service = service;
    this.#idle = new PlacesWhere(service.list, isIdle);
    this.#delays = new LeastOfList(service.list, EXPECTED_DELAY);
  }

  schedule(): D | undefined {
    const { list } = this.#service;
    return list.at(this.#idle.below(list.end)) ?? this.#delays.least();
  }

  peek(): D | undefined {
    return this.schedule();
  }

  explain(): ScheduleExplanation<D> {
    const choice = this.schedule();
    const idle = choice?.activeConnections === 0;
    const basis = idle ? "first-idle" : "least-load";
    return {
      choice,
      basis: choice === undefined ? "nobody-usable" : basis,
      figures: {},
      candidates: candidatesOf(
        this.#service.destinations,
        choice,
        (candidate) => (idle ? "not-first-idle" : ratingBeside(choice, candidate, EXPECTED_DELAY)),
        (candidate) => loadFigures(candidate, EXPECTED_DELAY),
      ),
    };
  }
}

function isIdle({ usable, activeConnections }: SchedulableDestination): boolean {
  return usable && activeConnections === 0;
}
