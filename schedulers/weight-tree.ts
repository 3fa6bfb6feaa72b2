/**
 * The weights of a service's destinations as wrr needs them: their greatest common divisor, the highest of
 * all, and the next in list order that is not overloaded and reaches a bar.
 *
 * A binary tree over the places keeps the three figures of each subtree.
 *
 * @module
 */
import { NO_PLACE } from "../src/engine/destination-list.ts";
import type { SchedulableDestination } from "../src/engine/scheduler.ts";
import { ListFollower } from "./list-follower.ts";
import { gcd } from "./weights.ts";

/** Follows the weights of a list. */
export class WeightTree<D extends SchedulableDestination> extends ListFollower<D> {
  #capacity = 0;
  // Of each node: the root is node 1, the children of node n are 2n and 2n + 1, the leaves come last.
  #divisors = new Int32Array(2);
  #highest = new Int32Array(2);
  /** Highest weight of those not overloaded. */
  #open = new Int32Array(2);

  /** Greatest common divisor of the weights above 0, or 0 if there are none. */
  get divisor(): number {
    this.catchUp();
    return this.#divisors[1]!;
  }

  /** Highest weight, or 0. */
  get highest(): number {
    this.catchUp();
    return this.#highest[1]!;
  }

  /** Highest weight of those not overloaded, or 0. */
  get highestOpen(): number {
    this.catchUp();
    return this.#open[1]!;
  }

  /** Returns the highest place below `limit` of one not overloaded whose weight reaches `bar`, or `NO_PLACE`. */
  nextReaching(bar: number, limit: number): number {
    this.catchUp();
    const open = this.#open;
    let node = limit + this.#capacity;
    if (limit === this.#capacity) {
      if (open[1]! >= bar) return this.#lastReaching(bar, 1);
      return NO_PLACE;
    }
    for (; node > 1; node >>= 1) {
      const toTheLeft = node - 1;
      if ((node & 1) === 1 && open[toTheLeft]! >= bar) return this.#lastReaching(bar, toTheLeft);
    }
    return NO_PLACE;
  }

  /** Returns the highest place under a node that reaches the bar. */
  #lastReaching(bar: number, from: number): number {
    const open = this.#open;
    let node = from;
    while (node < this.#capacity) {
      const right = 2 * node + 1;
      node = open[right]! >= bar ? right : right - 1;
    }
    return node - this.#capacity;
  }

  protected override lookAtAll(): void {
    this.#capacity = this.list.capacity;
    this.#divisors = new Int32Array(2 * this.#capacity);
    this.#highest = new Int32Array(2 * this.#capacity);
    this.#open = new Int32Array(2 * this.#capacity);
    for (const destination of this.list) {
      const { place, weight, overloaded } = destination;
      this.#write(this.#capacity + place, weight, weight, overloaded ? 0 : weight);
    }
    for (let node = this.#capacity - 1; node > 0; node--) this.#sumUp(node);
  }

  protected override look(place: number, destination: D | undefined): void {
    const weight = destination?.weight ?? 0;
    const open = destination?.overloaded ? 0 : weight;
    let node = this.#capacity + place;
    if (!this.#write(node, weight, weight, open)) return;
    for (node >>= 1; node > 0; node >>= 1) if (!this.#sumUp(node)) return;
  }

  #sumUp(node: number): boolean {
    const left = 2 * node;
    const right = left + 1;
    return this.#write(
      node,
      gcd(this.#divisors[left]!, this.#divisors[right]!),
      Math.max(this.#highest[left]!, this.#highest[right]!),
      Math.max(this.#open[left]!, this.#open[right]!),
    );
  }

  /** Returns whether anything changed. */
  #write(node: number, divisor: number, highest: number, open: number): boolean {
    if (
      this.#divisors[node] === divisor &&
      this.#highest[node] === highest &&
      this.#open[node] === open
    ) {
      return false;
    }
    this.#divisors[node] = divisor;
    this.#highest[node] = highest;
    this.#open[node] = open;
    return true;
  }
}
