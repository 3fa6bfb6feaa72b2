/**
 * Weighted round robin (`wrr`).
 *
 * Goes round the list again and again with a bar that starts at the highest weight and sinks by the
 * greatest common divisor of the weights each time round, and picks the next destination that is not
 * overloaded and whose weight reaches the bar. So in one cycle of rounds each is picked weight/divisor
 * times, heavy ones first and spread out.
 *
 * State: the cursor (destination picked last), the bar, and the two numbers that follow from the
 * weights. Any change of the list or a weight puts the cursor at the head but keeps the bar where
 * that is possible. A service filled one by one therefore begins with the bar at 1, one plain round.
 * Weight 0 is never picked; an overloaded destination still raises the bar.
 *
 * Source: ipvsadm(8), `-s wrr`; Linux net/netfilter/ipvs/ip_vs_wrr.c.
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
import { gcd } from "./weights.ts";

/** The cursor before the first destination. */
const HEAD = -1;
/** No position. */
const NOBODY = -1;

export const wrr: SchedulerModule = {
  name: "wrr",
  bind: (service) => new WeightedRoundRobin(service),
};

class WeightedRoundRobin<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  /** Position of the destination picked last, or `HEAD`. */
  #cursor = HEAD;
  /** Weight that a destination must reach in this round; 0 only while no weight is above 0. */
  #bar: number;
  /** Where the bar starts: the least value that only the highest weights reach. */
  #top = 0;
  /** How far the bar sinks each round: greatest common divisor of the weights, at least 1. */
  #step = 1;
  /** Cursor and bar as they will be after the choice `#next` has found. */
  #nextCursor = HEAD;
  #nextBar = 0;

  constructor(service: SchedulableService<D>) {
    this.#service = service;
    this.#measure();
    this.#bar = this.#top;
  }

  schedule(): D | undefined {
    const position = this.#next();
    this.#cursor = this.#nextCursor;
    this.#bar = this.#nextBar;
    return position === NOBODY ? undefined : this.#service.destinations[position];
  }

  peek(): D | undefined {
    const position = this.#next();
    return position === NOBODY ? undefined : this.#service.destinations[position];
  }

  explain(): ScheduleExplanation<D> {
    const { destinations } = this.#service;
    const choice = this.peek();
    const bar = this.#nextBar;
    return {
      choice,
      basis: choice === undefined ? "nobody-usable" : "reaches-bar",
      figures: {
        cursor: this.#cursor + 1,
        barBefore: this.#bar,
        bar,
        highestBar: this.#top,
        step: this.#step,
      },
      candidates: candidatesOf(destinations, choice, ({ weight }) =>
        weight < bar ? "below-bar" : "out-of-turn",
      ),
    };
  }

  destinationAdded(): void {
    this.#changed();
  }

  destinationRemoved(): void {
    this.#changed();
  }

  destinationEdited(): void {
    this.#changed();
  }

  /**
   * Returns the position of the next destination that reaches the bar, or `NOBODY`, and notes where
   * cursor and bar will be then.
   */
  #next(): number {
    this.#nextCursor = this.#cursor;
    this.#nextBar = this.#bar;
    if (this.#top === 0) return NOBODY;
    const { destinations } = this.#service;
    const last = this.#cursor;
    let bar = this.#bar;
    let position = last + 1;
    let wholeRound = last === HEAD;
    // Where the last possible round ends: nobody further on was left out before.
    let stop = destinations.length;
    let lastRound = false;
    let restarted = false;
    for (;;) {
      let highest = 0;
      for (; position < destinations.length; position++) {
        const candidate = destinations[position]!;
        if (!candidate.overloaded) {
          if (candidate.weight >= bar) return this.#found(position, position, bar);
          if (candidate.weight > highest) highest = candidate.weight;
        }
        if (position === stop) return this.#found(NOBODY, position, bar);
      }
      if (wholeRound) bar = this.#lowered(bar, highest);
      bar -= this.#step;
      if (bar <= 0) {
        bar = this.#top;
        if (lastRound || last === HEAD) return this.#found(NOBODY, HEAD, bar);
        restarted = true;
      }
      lastRound = bar <= this.#step;
      if (lastRound && restarted && last !== HEAD) stop = last;
      position = 0;
      wholeRound = true;
    }
  }

  /** Notes where cursor and bar will be, and returns `position`. */
  #found(position: number, cursor: number, bar: number): number {
    this.#nextCursor = cursor;
    this.#nextBar = bar;
    return position;
  }

  /**
   * Returns the bar lowered to one step above the next one that somebody can reach, or that ends the
   * cycle.
   *
   * The rounds in between would pick nobody: `highest` is the highest weight not overloaded in a
   * whole round that was in vain. There may be two thousand million of them.
   */
  #lowered(bar: number, highest: number): number {
    const goal = Math.max(highest, this.#step);
    const rounds = Math.ceil((bar - goal) / this.#step);
    return rounds > 1 ? bar - (rounds - 1) * this.#step : bar;
  }

  #changed(): void {
    this.#cursor = HEAD;
    this.#measure();
    if (this.#bar > this.#top || this.#bar === 0) {
      this.#bar = this.#top;
    } else if (this.#step > 1) {
      this.#bar = Math.floor(this.#bar / this.#step) * this.#step + 1;
    }
  }

  /** Takes the step and the top from the weights. */
  #measure(): void {
    let divisor = 0;
    let highest = 0;
    for (const { weight } of this.#service.destinations) {
      divisor = gcd(weight, divisor);
      if (weight > highest) highest = weight;
    }
    this.#step = Math.max(divisor, 1);
    this.#top = highest - (this.#step - 1);
  }
}
