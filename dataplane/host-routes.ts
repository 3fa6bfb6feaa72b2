/**
 * Addresses and routes of the host this process runs on, by routing netlink.
 *
 * Local addresses are kept whole, routes for the addresses asked for. What the kernel announces makes
 * both stale, and `refresh`, to be called between batches of packets, reads that. Path MTUs the host
 * learns are not announced, so routes are asked for anew after some seconds.
 *
 * Rules that route packets into the director's own devices do not count: a route asked for here is one
 * for packets the director sends.
 *
 * Source: rtnetlink(7).
 *
 * @module
 */
import type { Clock, Milliseconds } from "../src/base/clock.ts";
import type { Host, NetworkInterface, Route } from "../src/engine/host.ts";
import { type AddressWords, copyAddress, type Family } from "../src/net/address.ts";
import { ICMP, TCP, UDP } from "../src/net/protocol.ts";
import { MAX_PACKET } from "../src/wire/frame.ts";
import type { Message } from "../src/wire/netlink.ts";
import {
  GROUP,
  linkByName,
  linkDump,
  parseLink,
  parseRoute,
  ROUTE_TYPE,
  type RouteEntry,
  RTM,
  routeDump,
  routeLookup,
  TABLE,
} from "../src/wire/rtnetlink.ts";
import { PrefixSet } from "./prefix-set.ts";
import { RouteCache } from "./route-cache.ts";
import { NetlinkSocket } from "./sys/netlink-socket.ts";
import { SystemError } from "./sys/system-error.ts";

/** How long a route is believed without being asked for anew. */
const LIFETIME: Milliseconds = 10_000;

/**
 * Protocols a route is asked for as, until the answer is not one of the director's own devices: a rule
 * may capture all of a protocol, and the question has to name one of these.
 */
const LOOKUP_PROTOCOLS = [TCP, UDP, ICMP] as const;

/** What host routes are opened with. */
export interface HostRoutesOptions {
  readonly clock: Clock;
  /** Whether an interface is the director's own, by index: routes into it do not count. */
  readonly isOwnDevice?: (interfaceIndex: number) => boolean;
}

/** The host of this network namespace. */
export class HostRoutes implements Host {
  readonly #clock: Clock;
  readonly #isOwnDevice: (interfaceIndex: number) => boolean;
  readonly #requests: NetlinkSocket;
  readonly #notifications: NetlinkSocket;
  readonly #routes = new RouteCache();
  readonly #local: Record<Family, PrefixSet> = { 4: new PrefixSet(4, []), 6: new PrefixSet(6, []) };
  /** MTU by interface index, in bytes. */
  #mtus = new Map<number, number>();
  #askedAt: Milliseconds;

  private constructor(
    options: HostRoutesOptions,
    requests: NetlinkSocket,
    notifications: NetlinkSocket,
  ) {
    this.#clock = options.clock;
    this.#isOwnDevice = options.isOwnDevice ?? (() => false);
    this.#requests = requests;
    this.#notifications = notifications;
    this.#askedAt = options.clock.now();
    this.#readLocal();
    this.#readLinks();
  }

  /** @throws SystemError when the kernel refuses; Error without koffi */
  static open(options: HostRoutesOptions): HostRoutes {
    // First the announcements, then the state they are about: so no change falls in between.
    const notifications = NetlinkSocket.open(
      Object.values(GROUP).reduce((sum, group) => sum + group, 0),
    );
    let requests: NetlinkSocket | undefined;
    try {
      requests = NetlinkSocket.open();
      return new HostRoutes(options, requests, notifications);
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

  isLocal(family: Family, address: Readonly<AddressWords>): boolean {
    return this.#local[family].contains(address);
  }

  route(family: Family, address: Readonly<AddressWords>): Route | undefined {
    const slot = this.#routes.find(family, address);
    if (slot >= 0) return this.#routes.at(slot);
    const route = this.#ask(family, address);
    this.#routes.set(family, address, route);
    return route;
  }

  networkInterface(name: string): NetworkInterface | undefined {
    try {
      const answer = this.#requests.get(linkByName(name), "Cannot look up an interface");
      return answer && parseLink(answer);
    } catch (error) {
      if (error instanceof SystemError) return undefined;
      throw error;
    }
  }

  /**
   * Takes in what the kernel has announced since the last call.
   *
   * @returns whether any answer may be another now
   */
  refresh(): boolean {
    const stale = { routes: false, local: false, links: false };
    const complete = this.#notifications.drain((message) => {
      stale.routes = true;
      if (message.type === RTM.newLink || message.type === RTM.delLink) stale.links = true;
      else if (isAboutLocal(message)) stale.local = true;
    });
    if (!complete || stale.local) this.#readLocal();
    if (!complete || stale.links) this.#readLinks();
    const now = this.#clock.now();
    if (complete && !stale.routes && now - this.#askedAt < LIFETIME) return false;
    this.#routes.clear();
    this.#askedAt = now;
    return true;
  }

  /** Releases the sockets. Calling it again does nothing. */
  close(): void {
    this.#requests.close();
    this.#notifications.close();
  }

  #ask(family: Family, words: Readonly<AddressWords>): Route | undefined {
    const address = copyAddress(family, words);
    if (this.isLocal(family, words)) return { local: true, mtu: MAX_PACKET, source: address.words };
    for (const protocol of LOOKUP_PROTOCOLS) {
      const found = this.#lookup(address.family, address.words, protocol);
      if (found === undefined) return undefined;
      const { out, type, source = { words: new Uint32Array(4) } } = found;
      if (out !== undefined && this.#isOwnDevice(out)) continue;
      const local = type === ROUTE_TYPE.local;
      if (!local && type !== ROUTE_TYPE.unicast) return undefined;
      const mtu = found.mtu ?? this.#mtus.get(out ?? 0) ?? MAX_PACKET;
      return { local, mtu: Math.min(mtu, MAX_PACKET), source: source.words };
    }
    return undefined;
  }

  /** Returns the host's route, or `undefined` when it has none. */
  #lookup(family: Family, words: Readonly<AddressWords>, protocol: number): RouteEntry | undefined {
    try {
      const request = routeLookup({ family, words }, protocol);
      const answer = this.#requests.get(request, "Cannot look up a route");
      return answer && parseRoute(answer);
    } catch (error) {
      // Unreachable, prohibited, blackholed: the kernel answers with as many errors as there are kinds.
      if (error instanceof SystemError) return undefined;
      throw error;
    }
  }

  #readLocal(): void {
    for (const family of [4, 6] as const) {
      const isWanted = (route: RouteEntry) =>
        route.table === TABLE.local && route.type === ROUTE_TYPE.local;
      const routes = this.#list(routeDump(family, TABLE.local), parseRoute).filter(isWanted);
      this.#local[family] = new PrefixSet(
        family,
        routes.map(({ to }) => to),
      );
    }
  }

  #readLinks(): void {
    const links = this.#list(linkDump(), parseLink);
    this.#mtus = new Map(links.map(({ index, mtu }) => [index, mtu]));
  }

  #list<T>(request: Uint8Array, parse: (message: Message) => T | undefined): readonly T[] {
    try {
      return this.#requests.list(request, parse, "Cannot list the routes of this host");
    } catch (error) {
      // A kernel without IPv6 has no such table.
      const absent = ["ENOENT", "EAFNOSUPPORT", "EOPNOTSUPP"];
      if (error instanceof SystemError && absent.includes(error.code)) return [];
      throw error;
    }
  }
}

function isAboutLocal(message: Message): boolean {
  return parseRoute(message)?.table === TABLE.local;
}
