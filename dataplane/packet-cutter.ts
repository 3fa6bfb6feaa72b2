/**
 * Cuts packets of either family into fragments.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import type { Host } from "../src/engine/host.ts";
import type { Frame } from "../src/wire/frame.ts";
import * as ipv4 from "../src/wire/ipv4.ts";
import { Ipv4Fragmenter } from "../src/wire/ipv4-fragmenter.ts";
import * as ipv6 from "../src/wire/ipv6.ts";
import { newWalk, walk } from "../src/wire/ipv6-extensions.ts";
import { Ipv6Fragmenter } from "../src/wire/ipv6-fragmenter.ts";
import type { NextHop } from "./device.ts";

/** Takes one fragment, the first `length` bytes of `bytes`; `false` ends the cutting. */
export type PieceSink = (bytes: Uint8Array, length: number) => boolean;

/** Cuts packets, one at a time. */
export class PacketCutter {
  readonly #ipv4 = new Ipv4Fragmenter();
  readonly #ipv6 = new Ipv6Fragmenter();
  readonly #walk = newWalk();
  /** Begins by chance, so that others cannot foresee it. */
  #nextId = randomInt(2 ** 32);

  /** The buffers fragments stand in. */
  get buffers(): readonly Uint8Array[] {
    return [this.#ipv4.bytes, this.#ipv6.bytes];
  }

  /**
   * Hands the fragments of the packet in a frame to `sink`, first to last. What has arrived in fragments
   * that may not be cut leaves in such.
   *
   * @param mtu largest fragment, in bytes
   * @returns whether the sink took all; `false` also for what cannot be cut to this size, for an IPv6
   *   fragment, and for what is no packet
   */
  cut({ view, start, end, fragmentsDontFragment }: Frame, mtu: number, sink: PieceSink): boolean {
    if (ipv4.isWhole(view, start, end)) {
      const { bytes } = this.#ipv4;
      const take = (length: number) => sink(bytes, length);
      return this.#ipv4.cut(view, start, mtu, take, fragmentsDontFragment);
    }
    if (!ipv6.isWhole(view, start, end) || !walk(view, start, end, this.#walk)) return false;
    if (this.#walk.fragment >= 0) return false;
    const { bytes } = this.#ipv6;
    const id = this.#nextId;
    this.#nextId = (id + 1) >>> 0;
    return this.#ipv6.cut(view, start, mtu, id, (length) => sink(bytes, length));
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
