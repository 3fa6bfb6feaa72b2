/**
 * One routing table of one family: the route with the longest matching prefix, and of those the one with
 * the lowest metric.
 *
 * Prefixes of one length are kept sorted, so a question costs a binary search for each length in use.
 *
 * @module
 */
import type { AddressWords } from "../net/address.ts";
import { maskOf } from "../net/prefix.ts";

/** What a table keeps of a route. */
export interface TableRoute {
  /** Address with the bits behind the prefix cleared. */
  readonly network: Readonly<AddressWords>;
  readonly prefixLength: number;
  readonly metric: number;
}

/** Routes of one prefix length. */
interface Level<Entry> {
  readonly prefixLength: number;
  readonly mask: AddressWords;
  /** Sorted by network, then by metric; of equals, the older first. */
  readonly routes: Entry[];
}

/** A routing table. */
export class RouteTable<Entry extends TableRoute> {
  /** The longest prefixes first. */
  readonly #levels: Level<Entry>[] = [];

  /** Whether it has no routes. */
  get empty(): boolean {
    return this.#levels.length === 0;
  }

  /** Adds a route, behind those of the same prefix and metric. */
  add(route: Entry): void {
    let index = this.#levels.findIndex(({ prefixLength }) => prefixLength <= route.prefixLength);
    if (index < 0) index = this.#levels.length;
    if (this.#levels[index]?.prefixLength !== route.prefixLength) {
      const { prefixLength } = route;
      this.#levels.splice(index, 0, { prefixLength, mask: maskOf(prefixLength), routes: [] });
    }
    const { routes } = this.#levels[index]!;
    let at = routes.findIndex((other) => order(other, route) > 0);
    if (at < 0) at = routes.length;
    routes.splice(at, 0, route);
  }

  /** Deletes the routes for which `unwanted` says so, and returns how many. */
  delete(unwanted: (route: Entry) => boolean): number {
    let count = 0;
    for (let index = this.#levels.length - 1; index >= 0; index--) {
      const { routes } = this.#levels[index]!;
      for (let at = routes.length - 1; at >= 0; at--) {
        if (!unwanted(routes[at]!)) continue;
        routes.splice(at, 1);
        count++;
      }
      if (routes.length === 0) this.#levels.splice(index, 1);
    }
    return count;
  }

  /** Returns the route of an address, or `undefined`. */
  find(address: Readonly<AddressWords>): Entry | undefined {
    for (const level of this.#levels) {
      const found = search(level, address);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Yields all routes, the longest prefixes first. */
  *[Symbol.iterator](): Generator<Entry, void, undefined> {
    for (const { routes } of this.#levels) yield* routes;
  }
}

/** Returns the first route of the level that contains the address. */
function search<Entry extends TableRoute>(
  { mask, routes }: Level<Entry>,
  address: Readonly<AddressWords>,
): Entry | undefined {
  let low = 0;
  let high = routes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareMasked(routes[middle]!.network, address, mask) < 0) low = middle + 1;
    else high = middle;
  }
  const found = routes[low];
  return found !== undefined && compareMasked(found.network, address, mask) === 0
    ? found
    : undefined;
}

function compareMasked(
  network: Readonly<AddressWords>,
  address: Readonly<AddressWords>,
  mask: Readonly<AddressWords>,
): number {
  for (let word = 0; word < 4; word++) {
    const difference = network[word]! - ((address[word]! & mask[word]!) >>> 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function order(a: TableRoute, b: TableRoute): number {
  for (let word = 0; word < 4; word++) {
    const difference = a.network[word]! - b.network[word]!;
    if (difference !== 0) return difference;
  }
  return a.metric - b.metric;
}
