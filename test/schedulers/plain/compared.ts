/**
 * lc, wlc, sed, nq, fo and ovf as plain scans.
 *
 * @module
 */
import type { SchedulableDestination } from "../../../src/engine/scheduler.ts";
import type { PlainModule } from "./plain-scheduler.ts";

/** Whether a load per weight is more than another: 64-bit cross products. */
export function isMore(load: number, weight: number, other: number, otherWeight: number): boolean {
  const product = load * otherWeight;
  const otherProduct = other * weight;
  // Below 2^53 both are exact.
  if (Math.abs(product) < 2 ** 53 && Math.abs(otherProduct) < 2 ** 53) {
    return product > otherProduct;
  }
  return BigInt(load) * BigInt(otherWeight) > BigInt(other) * BigInt(weight);
}

/** Returns the usable destination with the least load per weight, the first of equals. */
export function leastOf<D extends SchedulableDestination>(
  destinations: readonly D[],
  loadOf: (destination: D) => number,
): D | undefined {
  let least: D | undefined;
  for (const candidate of destinations) {
    if (candidate.overloaded || candidate.weight === 0) continue;
    if (
      least === undefined ||
      isMore(loadOf(least), least.weight, loadOf(candidate), candidate.weight)
    ) {
      least = candidate;
    }
  }
  return least;
}

/** Overhead as a signed 32-bit number. */
export function overheadOf({ overhead }: SchedulableDestination): number {
  return overhead | 0;
}

function delayOf({ activeConnections }: SchedulableDestination): number {
  return (activeConnections + 1) | 0;
}

function highestOf<D extends SchedulableDestination>(
  destinations: readonly D[],
  mayServe: (destination: D) => boolean,
): D | undefined {
  let highest: D | undefined;
  for (const candidate of destinations) {
    if (candidate.overloaded || candidate.weight === 0 || !mayServe(candidate)) continue;
    if (highest === undefined || candidate.weight > highest.weight) highest = candidate;
  }
  return highest;
}

export const lc: PlainModule = (service) => ({
  schedule: () => {
    let least: (typeof service.destinations)[number] | undefined;
    for (const candidate of service.destinations) {
      if (candidate.overloaded || candidate.weight === 0) continue;
      if (least === undefined || candidate.overhead >>> 0 < least.overhead >>> 0) least = candidate;
    }
    return least;
  },
});

export const wlc: PlainModule = (service) => ({
  schedule: () => leastOf(service.destinations, overheadOf),
});

export const sed: PlainModule = (service) => ({
  schedule: () => leastOf(service.destinations, delayOf),
});

export const nq: PlainModule = (service) => ({
  schedule: () => {
    for (const candidate of service.destinations) {
      if (candidate.overloaded || candidate.weight === 0) continue;
      if (candidate.activeConnections === 0) return candidate;
    }
    return leastOf(service.destinations, delayOf);
  },
});

export const fo: PlainModule = (service) => ({
  schedule: () => highestOf(service.destinations, () => true),
});

export const ovf: PlainModule = (service) => ({
  schedule: () =>
    highestOf(service.destinations, ({ activeConnections, weight }) => activeConnections <= weight),
});
