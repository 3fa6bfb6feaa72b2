/**
 * Sends packets straight to links.
 *
 * The host's routes and neighbours say where a packet goes. What they do not say, and what must be cut into
 * fragments, goes out by another device, whose sockets have the kernel ask for the neighbour. Packets sent
 * here pass none of the host's netfilter hooks; its queueing disciplines see them.
 *
 * What is left to do for a packet is left to the link where it is one that does it, and done here where not.
 * No card can cut what is in a tunnel without being told more than can be said, so that is done here; and
 * checksums in a tunnel are completed, as whoever unpacks it may be a program.
 *
 * @module
 */
import type { Frame } from "../src/wire/frame.ts";
import { completeChecksum, segmentLength } from "../src/wire/offload.ts";
import { Segmenter } from "../src/wire/segmenter.ts";
import type { Device, DeviceCapabilities, NextHop } from "./device.ts";
import { Drops } from "./drops.ts";
import type { HostNeighbors } from "./host-neighbors.ts";
import type { HostRoute, HostRoutes } from "./host-routes.ts";
import type { LinkSender } from "./link-sender.ts";

/** What packets are sent with. */
export interface PacketOutputOptions {
  readonly routes: HostRoutes;
  readonly neighbors: HostNeighbors;
  /**
   * Opens what packets leave by; closed with this one.
   *
   * @param drop to be told of each packet that could not be sent
   */
  readonly openLinks: (drop: (reason: string) => void) => LinkSender;
  /** Sends what cannot be sent straight to a link; closed with this one. */
  readonly detour: Device;
}

/** A device that only sends, to any next hop. */
export class PacketOutput implements Device {
  readonly name = "packet";
  readonly capabilities: DeviceCapabilities = {
    receive: false,
    transmit: true,
    nextHop: true,
    forwarded: false,
  };
  readonly #routes: HostRoutes;
  readonly #neighbors: HostNeighbors;
  readonly #detour: Device;
  readonly #drops = new Drops();
  readonly #links: LinkSender;
  readonly #segmenter = new Segmenter();

  /** @throws Error of `openLinks` */
  constructor({ routes, neighbors, openLinks, detour }: PacketOutputOptions) {
    this.#routes = routes;
    this.#neighbors = neighbors;
    this.#detour = detour;
    this.#links = openLinks((reason) => this.#drops.add(reason));
  }

  get drops(): Readonly<Record<string, number>> {
    const sum = { ...this.#detour.drops };
    for (const [reason, count] of Object.entries(this.#drops.counts)) {
      sum[reason] = (sum[reason] ?? 0) + count;
    }
    return sum;
  }

  receive(_batch: readonly Frame[]): number {
    return 0;
  }

  transmit(frame: Frame, nextHop: NextHop): boolean {
    const route = this.#routes.route(nextHop.family, nextHop.address);
    if (frame.segmentSize !== 0 && this.#mustBeCut(frame, route)) {
      return this.#segmenter.cut(frame, (segment) => this.transmit(segment, nextHop));
    }
    if (route === undefined || route.local || !this.#mayLeave(frame, route)) {
      return this.#takeDetour(frame, nextHop);
    }
    route.hop ??= this.#neighbors.hop(route.out, route.via);
    const { hop } = route;
    hop.used = true;
    if (!hop.known || !this.#links.reaches(hop.out)) return this.#takeDetour(frame, nextHop);
    if (frame.innerStart !== 0 || !this.#links.offload) completeChecksum(frame);
    this.#links.send(frame, hop);
    return true;
  }

  flush(): void {
    this.#links.flush();
    this.#detour.flush?.();
  }

  close(): void {
    this.#links.close();
    this.#detour.close();
  }

  #takeDetour(frame: Frame, nextHop: NextHop): boolean {
    // What is on its way goes first.
    this.#links.flush();
    return this.#detour.transmit(frame, nextHop);
  }

  /** Whether a packet that stands for many is to be cut into segments here. */
  #mustBeCut(frame: Frame, route: HostRoute | undefined): boolean {
    return !this.#links.offload || frame.innerStart !== 0 || isTooLong(frame, route);
  }

  /** Whether a packet needs no cutting into fragments, and there is room for headers in front of it. */
  #mayLeave(frame: Frame, route: HostRoute): boolean {
    if (frame.fragmentSize !== 0 || frame.start < this.#links.front) return false;
    return frame.segmentSize !== 0 || frame.length <= route.mtu;
  }
}

/** Whether the segments of a packet are too long for its way, and are to be cut into fragments. */
function isTooLong(frame: Frame, route: HostRoute | undefined): boolean {
  return route === undefined || segmentLength(frame, frame.start) > route.mtu;
}
