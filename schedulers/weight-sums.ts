/**
 * The sum of the usable destinations' weights, and whose share of it a number falls into.
 *
 * A tree over the places: sums of eight weights, which are one line of the cache, sums of eight of those,
 * up to one, exact to 2^53.
 *
 * @module
 */
import type { SchedulableDestination } from "../src/engine/scheduler.ts";
import { ListFollower } from "./list-follower.ts";

const GROUP_BITS = 3;
const GROUP = 1 << GROUP_BITS;

/** Follows the usable weights of a list. */
export class WeightSums<D extends SchedulableDestination> extends ListFollower<D> {
  /** The weights by place, then the sums of groups, and so on, the last level a single number. */
  #levels: readonly Float64Array[] = [new Float64Array(1)];

  /** Sum of the usable weights. */
  get total(): number {
    this.catchUp();
    return this.#levels.at(-1)![0]!;
  }

  /**
   * Returns the first usable destination in list order at which the weights so far add up to `share` or
   * more, or `undefined` if all do not.
   */
  at(share: number): D | undefined {
    const { total } = this;
    if (total === 0 || share > total) return undefined;
    // Everybody usable has at least a weight of 1.
    let rest = Math.max(share, 1);
    let index = 0;
    for (let level = this.#levels.length - 2; level >= 0; level--) {
      const sums = this.#levels[level]!;
      index = (index << GROUP_BITS) + GROUP - 1;
      for (let sum = sums[index]!; rest > sum; sum = sums[--index]!) rest -= sum;
    }
    return this.list.at(index);
  }

  protected override lookAtAll(): void {
    this.#levels = levelsFor(this.list.capacity);
    for (const destination of this.list) this.look(destination.place, destination);
  }

  protected override look(place: number, destination: D | undefined): void {
    const weight = destination?.usable ? destination.weight : 0;
    const change = weight - this.#levels[0]![place]!;
    if (change === 0) return;
    let index = place;
    for (const sums of this.#levels) {
      sums[index]! += change;
      index >>= GROUP_BITS;
    }
  }
}

function levelsFor(places: number): readonly Float64Array[] {
  const levels: Float64Array[] = [];
  let length = places;
  for (; length > 1; length = Math.ceil(length / GROUP)) {
    levels.push(new Float64Array(Math.ceil(length / GROUP) * GROUP));
  }
  levels.push(new Float64Array(1));
  return levels;
}
