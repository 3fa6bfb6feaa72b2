/**
 * What lblc and lblcr ask of a service as a whole: who is the least loaded, and whether somebody could help.
 *
 * Source: ipvsadm(8), `-s lblc`; Linux net/netfilter/ipvs/ip_vs_lblc.c.
 *
 * @module
 */
import type { DestinationList } from "../src/engine/destination-list.ts";
import type { SchedulableDestination } from "../src/engine/scheduler.ts";
import { LeastOfList } from "./least-of-list.ts";
import { OVERHEAD } from "./overhead.ts";
import { PlacesWhere } from "./places-where.ts";

/** Follows the loads of a service. */
export class ServiceLoads<D extends SchedulableDestination> {
  readonly list: DestinationList<D>;
  readonly #overheads: LeastOfList<D>;
  readonly #withRoom: PlacesWhere<D>;

  constructor(list: DestinationList<D>) {
    this.list = list;
    this.#overheads = new LeastOfList(list, OVERHEAD);
    // Usable or not: nothing else is asked of those who could help.
    this.#withRoom = new PlacesWhere(
      list,
      ({ activeConnections, weight }) => activeConnections * 2 < weight,
    );
  }

  /** Returns the usable destination with the least overhead per weight, the newest of equals. */
  least(): D | undefined {
    return this.#overheads.least();
  }

  /** As `least`, of the places of some destinations: an index of `places`, see `LeastOfList.leastAmong`. */
  leastAmong(places: Readonly<Int32Array>, count: number): number {
    return this.#overheads.leastAmong(places, count);
  }

  /**
   * Whether a destination has more active connections than its weight while one of the list has fewer than
   * half of its own.
   */
  isOverwhelmed({ activeConnections, weight }: SchedulableDestination): boolean {
    return activeConnections > weight && !this.#withRoom.isEmpty;
  }
}
