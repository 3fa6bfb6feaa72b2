/**
 * Cuts packets of either family into fragments, in one buffer.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import type { Host } from "../src/engine/host.ts";
import { type Frame, MAX_PACKET } from "../src/wire/frame.ts";
import * as ipv4 from "../src/wire/ipv4.ts";
import * as ipv6 from "../src/wire/ipv6.ts";
import type { NextHop } from "./device.ts";
import { type FragmentSink, Ipv4Fragmenter } from "./ipv4-fragmenter.ts";
import { Ipv6Fragmenter } from "./ipv6-fragmenter.ts";

/** Cuts packets, one at a time. */
export class PacketCutter {
  /** Where each fragment stands while the sink has it. */
  readonly bytes = new Uint8Array(MAX_PACKET);
  readonly #ipv4 = new Ipv4Fragmenter(this.bytes);
  readonly #ipv6 = new Ipv6Fragmenter(this.bytes, randomInt(2 ** 32));

  /**
   * Hands the fragments of the packet in a frame to `sink`, first to last. What has arrived in fragments
   * that may not be cut leaves in such.
   *
   * @param mtu largest fragment, in bytes
   * @returns whether the sink took all; `false` also for what cannot be cut to this size, or is no packet
   */
  cut(
    { view, start, end, fragmentsDontFragment }: Frame,
    mtu: number,
    sink: FragmentSink,
  ): boolean {
    if (ipv4.isWhole(view, start, end)) {
      return this.#ipv4.cut(view, start, mtu, sink, fragmentsDontFragment);
    }
    return ipv6.isWhole(view, start, end) && this.#ipv6.cut(view, start, mtu, sink);
  }
}

/** Tells the MTU of ways. */
export type Routes = Pick<Host, "route">;

/**
 * Returns the largest size a packet may leave in, in bytes: that of the fragments it came in, and of its
 * way. Infinity for what leaves whole unless the interface finds it too large.
 *
 * Nobody cuts IPv6 packets on their way, so what is longer than that is cut here. The director lets pass
 * no such packet but in a tunnel of its own, or what has come in fragments.
 */
export function largestPiece(frame: Frame, routes: Routes, nextHop: NextHop): number {
  const { view, start, end, fragmentSize } = frame;
  const isLongIpv6 = end - start > ipv6.LEAST_MTU && ipv6.version(view, start) === 6;
  if (fragmentSize === 0 && !isLongIpv6) return Number.POSITIVE_INFINITY;
  const mtu = mtuTo(routes, nextHop);
  return fragmentSize === 0 ? mtu : Math.min(mtu, fragmentSize);
}

/** Returns the MTU of the way to a next hop, in bytes; 0 when there is none. */
export function mtuTo(routes: Routes, { family, address }: NextHop): number {
  return routes.route(family, address)?.mtu ?? 0;
}

/** Whether a packet an interface found too large may be cut. */
export function mayBeCut({ view, start, end }: Frame): boolean {
  return !ipv4.isWhole(view, start, end) || !ipv4.dontFragment(view, start);
}
