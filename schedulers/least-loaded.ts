/**
 * What wlc, lblc and lblcr have in common: the least loaded destination of a service, and when a
 * destination has so much to do that another should help.
 *
 * Source: ipvsadm(8), `-s wlc` and `-s lblc`; Linux net/netfilter/ipvs/ip_vs_wlc.c, ip_vs_lblc.c.
 *
 * @module
 */
import type { Figures, SchedulableDestination } from "../src/engine/scheduler.ts";
import { type Rating, rounded } from "./candidates.ts";
import { isHeavier } from "./weights.ts";

/**
 * Returns the usable destination with the least overhead per weight, the first of equals, or
 * `undefined` when none is usable.
 *
 * Overhead counts as a signed 32-bit number.
 */
export function leastLoaded<D extends SchedulableDestination>(
  destinations: readonly D[],
): D | undefined {
  let least: D | undefined;
  let leastOverhead = 0;
  for (const candidate of destinations) {
    if (!candidate.usable) continue;
    const overhead = candidate.overhead | 0;
    if (least === undefined || isHeavier(leastOverhead, least.weight, overhead, candidate.weight)) {
      least = candidate;
      leastOverhead = overhead;
    }
  }
  return least;
}

/**
 * Whether a destination has more active connections than its weight while one of `destinations`,
 * usable or not, has fewer than half of its own.
 */
export function isOverwhelmed(
  destination: SchedulableDestination,
  destinations: readonly SchedulableDestination[],
): boolean {
  if (destination.activeConnections <= destination.weight) return false;
  for (const other of destinations) {
    if (other.activeConnections * 2 < other.weight) return true;
  }
  return false;
}

/** Returns what is compared of a destination: overhead per weight. */
export function loadFigures({ overhead, weight }: SchedulableDestination): Figures {
  return weight === 0 ? {} : { load: rounded((overhead | 0) / weight) };
}

/** Returns how a usable destination stands beside the one with the least overhead per weight. */
export function ratingBeside(
  least: SchedulableDestination | undefined,
  candidate: SchedulableDestination,
): Rating {
  const heavier =
    least !== undefined &&
    isHeavier(candidate.overhead | 0, candidate.weight, least.overhead | 0, least.weight);
  return heavier ? "more-loaded" : "equal-but-later";
}
