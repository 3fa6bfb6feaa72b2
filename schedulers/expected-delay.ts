/**
 * The load sed and nq compare: the connections a destination would have with one more, per weight.
 *
 * Source: ipvsadm(8), `-s sed`; Linux net/netfilter/ipvs/ip_vs_sed.c.
 *
 * @module
 */
import type { Figures, SchedulableDestination } from "../src/engine/scheduler.ts";
import { type Rating, rounded } from "./candidates.ts";
import { isHeavier } from "./weights.ts";

/** Returns the active connections a destination would have with one more. */
export function delayOf({ activeConnections }: SchedulableDestination): number {
  return (activeConnections + 1) | 0;
}

/** Returns what is compared of a destination. */
export function delayFigures(destination: SchedulableDestination): Figures {
  const { weight } = destination;
  return weight === 0 ? {} : { load: rounded(delayOf(destination) / weight) };
}

/** Returns how a usable destination stands beside the one with the least expected delay. */
export function delayRating(
  least: SchedulableDestination | undefined,
  candidate: SchedulableDestination,
): Rating {
  const heavier =
    least !== undefined &&
    isHeavier(delayOf(candidate), candidate.weight, delayOf(least), least.weight);
  return heavier ? "more-loaded" : "equal-but-later";
}
