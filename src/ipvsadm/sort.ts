/**
 * The order of listings: ipvsadm's comparison and ipvsadm's merge sort.
 *
 * Marks and addresses are compared by a 32-bit subtraction that wraps around, so what lies more than
 * 2^31 apart compares reversed, and the relation is not transitive: a cycle comes out in an order
 * that only this very sort gives. Source: ipvsadm 1.31 as observed, glibc 2.36 qsort(3).
 *
 * @module
 */

import type { AddressWords } from "../net/address.ts";
import type { DestinationId, ServiceId } from "../wire/ipvs-objects.ts";

/** Returns a number below, at or above 0 as `a` belongs before, with or after `b`. */
export type Compare<T> = (a: T, b: T) => number;

/** Returns `items` sorted top down: the left half is the smaller, equal items keep their order. */
export function mergeSort<T>(items: readonly T[], compare: Compare<T>): T[] {
  if (items.length < 2) return [...items];
  const middle = items.length >>> 1;
  const left = mergeSort(items.slice(0, middle), compare);
  const right = mergeSort(items.slice(middle), compare);
  const merged: T[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length && r < right.length) {
    merged.push(compare(left[l]!, right[r]!) <= 0 ? left[l++]! : right[r++]!);
  }
  return merged.concat(left.slice(l), right.slice(r));
}

/** Orders services by mark, family, protocol, address and port. */
export function compareServices(a: ServiceId, b: ServiceId): number {
  return (
    wrappingDifference(a.fwmark, b.fwmark) ||
    a.family - b.family ||
    a.protocol - b.protocol ||
    compareWords(a.address.words, b.address.words, a.family) ||
    a.port - b.port
  );
}

/** Orders destinations by address and port; of an IPv4 address's partner, only word 0 counts. */
export function compareDestinations(a: DestinationId, b: DestinationId): number {
  return compareWords(a.address.words, b.address.words, a.address.family) || a.port - b.port;
}

function compareWords(a: Readonly<AddressWords>, b: Readonly<AddressWords>, family: 4 | 6): number {
  const count = family === 4 ? 1 : 4;
  for (let index = 0; index < count; index++) {
    const difference = wrappingDifference(a[index]!, b[index]!);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Returns `a - b` as C computes it in a signed 32-bit integer. */
function wrappingDifference(a: number, b: number): number {
  return (a - b) | 0;
}
