/**
 * Weighted random twos choice (`twos`), which many distributions leave out of their kernels.
 *
 * Draws two usable destinations at random, each with a chance according to its weight (the first in
 * list order has a little more), and picks the one with less overhead per weight; a tie goes to the
 * first draw.
 *
 * Sums and products wrap at 32 bits, as in the kernel.
 *
 * Source: Linux net/netfilter/ipvs/ip_vs_twos.c; Mitzenmacher, "The Power of Two Choices in
 * Randomized Load Balancing".
 *
 * @module
 */
import type { Random } from "../src/base/random.ts";
import {
  BY_CHANCE,
  type Figures,
  type SchedulableDestination,
  type SchedulableService,
  type ScheduleExplanation,
  type Scheduler,
  type SchedulerModule,
} from "../src/engine/scheduler.ts";
import { candidatesOf, rounded } from "./candidates.ts";
import { WeightSums } from "./weight-sums.ts";

/** Beyond so many destinations no chance of being picked is told: all pairs had to be compared. */
const MOST_PAIRED = 1000;

export const twos: SchedulerModule = {
  name: "twos",
  bind: (service, context) => new TwosChoice(service, context.random),
};

class TwosChoice<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  readonly #random: Random;
  readonly #weights: WeightSums<D>;

  constructor(service: SchedulableService<D>, random: Random) {
    this.#service = service;
    this.#random = random;
    this.#weights = new WeightSums(service.list);
  }

  schedule(): D | undefined {
    const total = this.#total();
    if (total === 0) return undefined;
    const draw = this.#draw(total);
    const otherDraw = this.#draw(total);
    const first = this.#weights.at(draw);
    const second = this.#weights.at(otherDraw);
    if (first === undefined || second === undefined) return undefined;
    return lighter(first, second);
  }

  peek(): typeof BY_CHANCE | undefined {
    return this.#total() === 0 ? undefined : BY_CHANCE;
  }

  explain(): ScheduleExplanation<D> {
    const { destinations } = this.#service;
    const total = this.#total();
    const chances = chancesOf(destinations, total);
    return {
      choice: undefined,
      basis: total === 0 ? "nobody-usable" : "chance",
      figures: { total },
      candidates: candidatesOf(
        destinations,
        undefined,
        () => "by-chance",
        (destination) => chances.get(destination) ?? {},
      ),
    };
  }

  /** Returns the sum of the usable weights, wrapped. */
  #total(): number {
    return this.#weights.total | 0;
  }

  /** Returns a number drawn from 0–`total`, both included. */
  #draw(total: number): number {
    const bound = (total + 1) >>> 0;
    return bound === 0 ? 0 : this.#random.below(bound) | 0;
  }
}

/** Returns the one of two with less overhead per weight, the first of equals. */
function lighter<D extends SchedulableDestination>(first: D, second: D): D {
  const load = Math.imul(second.weight, first.overhead);
  const otherLoad = Math.imul(first.weight, second.overhead);
  return load > otherLoad ? second : first;
}

/** Returns, of each usable destination, the chance of one draw and of being picked by two. */
function chancesOf<D extends SchedulableDestination>(
  destinations: readonly D[],
  total: number,
): ReadonlyMap<D, Figures> {
  const usable = destinations.filter((destination) => destination.usable);
  // A sum that has wrapped says nothing of shares.
  if (total <= 0) return new Map();
  const drawn = usable.map(({ weight }, place) => (weight + (place === 0 ? 1 : 0)) / (total + 1));
  if (usable.length > MOST_PAIRED) {
    return new Map(usable.map((each, place) => [each, { drawn: rounded(drawn[place]!) }]));
  }
  const picked = new Map<D, number>();
  for (const [place, first] of usable.entries()) {
    for (const [otherPlace, second] of usable.entries()) {
      const winner = lighter(first, second);
      const chance = drawn[place]! * drawn[otherPlace]!;
      picked.set(winner, (picked.get(winner) ?? 0) + chance);
    }
  }
  return new Map(
    usable.map((each, place) => [
      each,
      { drawn: rounded(drawn[place]!), picked: rounded(picked.get(each) ?? 0) },
    ]),
  );
}
