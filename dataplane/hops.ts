/**
 * TTL or hop limit of the packet in a frame, here called hops.
 *
 * @module
 */
import type { Frame } from "../src/wire/frame.ts";
import * as ipv4 from "../src/wire/ipv4.ts";
import * as ipv6 from "../src/wire/ipv6.ts";

export function hopsOf({ view, start }: Frame): number {
  return ipv4.version(view, start) === 4 ? ipv4.ttl(view, start) : ipv6.hopLimit(view, start);
}

/** Raises or lowers them by one. */
export function adjustHops({ view, start }: Frame, by: 1 | -1): void {
  if (ipv4.version(view, start) === 4) ipv4.adjustTtl(view, start, by);
  else ipv6.setHopLimit(view, start, (ipv6.hopLimit(view, start) + by) & 0xff);
}
