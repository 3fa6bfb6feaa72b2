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

import { NO_PLACE } from "../src/engine/destination-list.ts";
import type {
  SchedulableDestination,
  SchedulableService,
  ScheduleExplanation,
  Scheduler,
  SchedulerModule,
} from "../src/engine/scheduler.ts";
import { candidatesOf } from "./candidates.ts";
import { WeightTree } from "./weight-tree.ts";

/** The cursor before the first destination. */
const HEAD = NO_PLACE;

export const wrr: SchedulerModule = {
  name: "wrr",
  bind: (service) => new WeightedRoundRobin(service),
};

class WeightedRoundRobin<D extends SchedulableDestination> implements Scheduler<D> {
  readonly #service: SchedulableService<D>;
  readonly #weights: WeightTree<D>;
  /** Place of the destination picked last, or `HEAD`. */
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
    this.#weights = new WeightTree(service.list);
    this.#measure();
    this.#bar = this.#top;
  }

  schedule(): D | undefined {
    const next = this.peek();
    this.#cursor = this.#nextCursor;
    this.#bar = this.#nextBar;
    return next;
  }

  peek(): D | undefined {
    return this.#service.list.at(this.#next());
  }

  explain(): ScheduleExplanation<D> {
    const { destinations, list } = this.#service;
    const choice = this.peek();
    const bar = this.#nextBar;
    const last = list.at(this.#cursor);
    return {
      choice,
      basis: choice === undefined ? "nobody-usable" : "reaches-bar",
      figures: {
        cursor: last === undefined ? 0 : destinations.indexOf(last) + 1,
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
   * Returns the place of the next destination that reaches the bar, or `NO_PLACE`, and notes where
   * cursor and bar will be then.
   */
  #next(): number {
    this.#nextCursor = this.#cursor;
    this.#nextBar = this.#bar;
    if (this.#top === 0) return NO_PLACE;
    const last = this.#cursor;
    let bar = this.#bar;
    let limit = last === HEAD ? this.#service.list.end : last;
    let wholeRound = last === HEAD;
    // Where the last possible round ends: nobody further on was left out before.
    let stop = NO_PLACE;
    let lastRound = false;
    let restarted = false;
    for (;;) {
      const place = this.#weights.nextReaching(bar, limit);
      if (place >= stop && place !== NO_PLACE) return this.#found(place, place, bar);
      if (stop !== NO_PLACE) return this.#found(NO_PLACE, stop, bar);
      if (wholeRound) bar = this.#lowered(bar, this.#weights.highestOpen);
      bar -= this.#step;
      if (bar <= 0) {
        bar = this.#top;
        if (lastRound || last === HEAD) return this.#found(NO_PLACE, HEAD, bar);
        restarted = true;
      }
      lastRound = bar <= this.#step;
      if (lastRound && restarted && last !== HEAD) stop = last;
      limit = this.#service.list.end;
      wholeRound = true;
    }
  }

  /** Notes where cursor and bar will be, and returns `place`. */
  #found(place: number, cursor: number, bar: number): number {
    this.#nextCursor = cursor;
    this.#nextBar = bar;
    return place;
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
    this.#step = Math.max(this.#weights.divisor, 1);
    this.#top = this.#weights.highest - (this.#step - 1);
  }
}
