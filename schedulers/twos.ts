/**
 * Weighted random twos choice (`twos`), which many distributions leave out of their kernels.
 *
 * Draws two usable destinations at random, each with a chance according to its weight (the first in
 * list order has a little more), and picks the one with less overhead per weight; a tie goes to the
 * first draw. Keeps no state but that of the generator it is given.
 *
 * Sums and products wrap at 32 bits, as in the kernel.
 *
 * Source: Linux net/netfilter/ipvs/ip_vs_twos.c; Mitzenmacher, "The Power of Two Choices in
 * Randomized Load Balancing".
 *
 * @module
 */
import type { Random } from "../src/base/random.ts";
import type {
  SchedulableDestination,
  SchedulableService,
  Scheduler,
  SchedulerModule,
} from "../src/engine/scheduler.ts";

export const twos: SchedulerModule = {
  name: "twos",
  bind: (service, context) => new TwosChoice(service, context.random),
};

class TwosChoice<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  readonly #random: Random;

  constructor(service: SchedulableService<D>, random: Random) {
    this.#service = service;
    this.#random = random;
  }

  schedule(): D | undefined {
    let total = 0;
    for (const { usable, weight } of this.#service.destinations) {
      if (usable) total = (total + weight) | 0;
    }
    if (total === 0) return undefined;
    const draw = this.#draw(total);
    const otherDraw = this.#draw(total);
    const first = this.#at(draw);
    const second = this.#at(otherDraw);
    if (first === undefined || second === undefined) return undefined;
    const load = Math.imul(second.weight, first.overhead);
    const otherLoad = Math.imul(first.weight, second.overhead);
    return load > otherLoad ? second : first;
  }

  /** Returns a number drawn from 0–`total`, both included. */
  #draw(total: number): number {
    const bound = (total + 1) >>> 0;
    return bound === 0 ? 0 : this.#random.below(bound) | 0;
  }

  /** Returns the usable destination in whose share of the weights `draw` lies. */
  #at(draw: number): D | undefined {
    let rest = draw;
    for (const candidate of this.#service.destinations) {
      if (!candidate.usable) continue;
      rest -= candidate.weight;
      if (rest <= 0) return candidate;
    }
    return undefined;
  }
}
