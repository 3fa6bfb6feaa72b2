/**
 * Hardware addresses of the hosts on this host's links, as the kernel knows them.
 *
 * The kernel asks, answers and ages; here is read what it knows, and what it announces. A neighbour that is
 * sent to without the kernel seeing it is told to it as used, so that it goes on asking whether the neighbour
 * is still there.
 *
 * Source: rtnetlink(7); ip-neighbour(8); Documentation/networking/ip-sysctl.rst, `neigh/default`.
 *
 * @module
 */
import type { Clock, Milliseconds } from "../src/base/clock.ts";
import { type Address, formatAddress } from "../src/net/address.ts";
import { ETHER_TYPE, HEADER_LENGTH, write } from "../src/wire/ethernet.ts";
import { GROUP } from "../src/wire/rtnetlink.ts";
import {
  type Neighbor,
  neighborDump,
  neighborUse,
  parseNeighbor,
} from "../src/wire/rtnetlink-neighbor.ts";
import type { HostRoutes } from "./host-routes.ts";
import { NetlinkSocket } from "./sys/netlink-socket.ts";
import { SystemError } from "./sys/system-error.ts";

/** How often the kernel is told of neighbours in use. */
const USE_INTERVAL: Milliseconds = 4000;

/** Somebody on a link to whom packets are sent. */
export interface Hop {
  /** Index of the interface. */
  readonly out: number;
  readonly address: Address;
  /** Ethernet header of packets there. */
  readonly header: Uint8Array;
  /** Whether `header` is complete: the link is up, an Ethernet, and the neighbour's address is known. */
  known: boolean;
  /** Whether something was sent since the kernel was last told. */
  used: boolean;
}

/** Neighbours of this network namespace. */
export class HostNeighbors {
  readonly #routes: HostRoutes;
  readonly #clock: Clock;
  readonly #requests: NetlinkSocket;
  readonly #notifications: NetlinkSocket;
  /** Hardware addresses by `keyOf`; 0 is none. */
  readonly #macs = new Map<string, number>();
  readonly #hops = new Map<string, Hop>();
  #linkChanges: number;
  #toldAt: Milliseconds;

  private constructor(
    routes: HostRoutes,
    clock: Clock,
    requests: NetlinkSocket,
    notifications: NetlinkSocket,
  ) {
    this.#routes = routes;
    this.#clock = clock;
    this.#requests = requests;
    this.#notifications = notifications;
    this.#linkChanges = routes.linkChanges;
    this.#toldAt = clock.now();
    this.#readAll();
  }

  /**
   * @param routes tells of the links; to be refreshed before this is
   * @throws SystemError when the kernel refuses; Error without koffi
   */
  static open(routes: HostRoutes, clock: Clock): HostNeighbors {
    const notifications = NetlinkSocket.open(GROUP.neighbor);
    let requests: NetlinkSocket | undefined;
    try {
      requests = NetlinkSocket.open();
      return new HostNeighbors(routes, clock, requests, notifications);
    } catch (error) {
      requests?.close();
      notifications.close();
      throw error;
    }
  }

  /** Descriptor to wait for: readable when `refresh` has something to read. */
  get fd(): number {
    return this.#notifications.fd;
  }

  /** Returns a neighbour, which changes with what is known of it until the links change. */
  hop(out: number, address: Address): Hop {
    const key = keyOf(out, address);
    const known = this.#hops.get(key);
    if (known !== undefined) return known;
    const hop: Hop = {
      out,
      address,
      header: new Uint8Array(HEADER_LENGTH),
      known: false,
      used: false,
    };
    this.#hops.set(key, hop);
    this.#learn(hop, this.#macs.get(key) ?? 0);
    return hop;
  }

  /** Takes in what the kernel has announced since the last call, and tells it who was sent to. */
  refresh(): void {
    const complete = this.#notifications.drain((message) => {
      const neighbor = parseNeighbor(message);
      if (neighbor !== undefined) this.#note(neighbor);
    });
    if (!complete) this.#readAll();
    const { linkChanges } = this.#routes;
    if (linkChanges !== this.#linkChanges) {
      this.#linkChanges = linkChanges;
      // Whoever holds one of them does so in a route, and routes are asked for anew.
      this.#hops.clear();
    }
    const now = this.#clock.now();
    if (now - this.#toldAt >= USE_INTERVAL) {
      this.#toldAt = now;
      for (const hop of this.#hops.values()) if (hop.used) this.#tell(hop);
    }
  }

  /** Releases the sockets. Calling it again does nothing. */
  close(): void {
    this.#requests.close();
    this.#notifications.close();
  }

  #readAll(): void {
    this.#macs.clear();
    for (const family of [4, 6] as const) {
      const action = "Cannot list the neighbours of this host";
      for (const neighbor of this.#requests.list(neighborDump(family), parseNeighbor, action)) {
        this.#note(neighbor);
      }
    }
  }

  #note({ interfaceIndex, address, mac }: Neighbor): void {
    const key = keyOf(interfaceIndex, address);
    if (mac === 0) this.#macs.delete(key);
    else this.#macs.set(key, mac);
    const hop = this.#hops.get(key);
    if (hop !== undefined) this.#learn(hop, mac);
  }

  #learn(hop: Hop, mac: number): void {
    const link = this.#routes.links.get(hop.out);
    hop.known = mac !== 0 && link?.up === true && link.mac !== undefined;
    if (!hop.known) return;
    const type = hop.address.family === 4 ? ETHER_TYPE.ipv4 : ETHER_TYPE.ipv6;
    const view = new DataView(hop.header.buffer);
    write(view, 0, { destination: mac, source: link?.mac ?? 0, type });
  }

  #tell(hop: Hop): void {
    hop.used = false;
    try {
      const action = "Cannot tell the kernel of a neighbour";
      this.#requests.change(neighborUse(hop.out, hop.address), action);
    } catch (error) {
      // The link may have gone; what it was used for will be told to others.
      if (!(error instanceof SystemError)) throw error;
      hop.known = false;
    }
  }
}

function keyOf(interfaceIndex: number, address: Address): string {
  return `${interfaceIndex} ${formatAddress(address)}`;
}
