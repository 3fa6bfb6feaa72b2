/**
 * The destination of a service with the least load per weight by some rule, the newest of equals.
 *
 * @module
 */
import type { DestinationList } from "../src/engine/destination-list.ts";
import type { SchedulableDestination } from "../src/engine/scheduler.ts";
import { ListFollower } from "./list-follower.ts";
import { NOBODY, Tournament } from "./tournament.ts";

/** What is compared of a destination. */
export interface LoadRule {
  /** Returns the load: a 32-bit integer, signed, or unsigned if nothing is divided. */
  load(destination: SchedulableDestination): number;
  /** Returns what the load is divided by, 1–2147483647, or 0 for one that is not compared. */
  divisor(destination: SchedulableDestination): number;
  /** Whether it may be chosen, for which its divisor has to be above 0. */
  mayServe(destination: SchedulableDestination): boolean;
}

/** Follows the loads of a list. */
export class LeastOfList<D extends SchedulableDestination> extends ListFollower<D> {
  readonly #rule: LoadRule;
  #tournament = new Tournament(2);

  constructor(list: DestinationList<D>, rule: LoadRule) {
    super(list);
    this.#rule = rule;
  }

  /** Returns the least loaded destination, or `undefined` when none may be chosen. */
  least(): D | undefined {
    this.catchUp();
    const { winner } = this.#tournament;
    return winner === NOBODY ? undefined : this.list.at(winner);
  }

  /**
   * Returns which of some places has the least loaded destination, as an index of `places`, the last of
   * equals, or `NOBODY` if none of them may be chosen.
   *
   * @param places `NO_PLACE` among them is passed over
   * @param count how many of `places` there are
   */
  leastAmong(places: Readonly<Int32Array>, count: number): number {
    this.catchUp();
    return this.#tournament.leastOf(places, count);
  }

  protected override lookAtAll(): void {
    const { load, divisor, mayServe } = this.#rule;
    this.#tournament = new Tournament(this.list.capacity);
    for (const destination of this.list) {
      if (!mayServe(destination)) continue;
      this.#tournament.enter(destination.place, load(destination), divisor(destination));
    }
    this.#tournament.playAll();
  }

  protected override look(place: number, destination: D | undefined): void {
    const rule = this.#rule;
    if (destination === undefined || !rule.mayServe(destination)) {
      this.#tournament.set(place, 0, 0);
    } else {
      this.#tournament.set(place, rule.load(destination), rule.divisor(destination));
    }
  }
}
