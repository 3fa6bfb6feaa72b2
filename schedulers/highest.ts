/**
 * The destination of the highest weight among some, the newest of equals: for fo and ovf.
 *
 * @module
 */
import type { DestinationList } from "../src/engine/destination-list.ts";
import type { SchedulableDestination } from "../src/engine/scheduler.ts";
import { LeastOfList } from "./least-of-list.ts";

/** Returns what follows the highest weight among the destinations of a list that `mayServe`. */
export function highestOf<D extends SchedulableDestination>(
  list: DestinationList<D>,
  mayServe: (destination: SchedulableDestination) => boolean,
): () => D | undefined {
  const highest = new LeastOfList(list, {
    load: ({ weight }) => -weight,
    divisor: () => 1,
    mayServe,
  });
  return () => highest.least();
}
