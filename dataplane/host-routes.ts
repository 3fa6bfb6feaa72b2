/**
 * Addresses and routes of the host this process runs on, by routing netlink.
 *
 * Local addresses are kept whole, routes for the addresses asked for. What the kernel announces makes
 * both stale, and `refresh`, to be called between batches of packets, reads that. Path MTUs the host
 * learns are not announced, nor is every MTU for IPv6, so these are asked for anew after some seconds.
 *
 * Path MTUs of what the director has sent itself are kept here. Rules that route packets into the
 * director's own devices do not count: a route asked for here is one for packets the director sends.
 *
 * Source: rtnetlink(7).
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import type { Clock, Milliseconds } from "../src/base/clock.ts";
import type { Host, NetworkInterface, Route } from "../src/engine/host.ts";
import {
  type Address,
  type AddressWords,
  copyAddress,
  type Family,
  formatAddress,
  UNSPECIFIED,
} from "../src/net/address.ts";
import { ICMP, ICMPV6 } from "../src/net/protocol.ts";
import { MAX_PACKET } from "../src/wire/frame.ts";
import { LEAST_MTU } from "../src/wire/ipv6.ts";
import type { Message } from "../src/wire/netlink.ts";
import {
  GROUP,
  type Link,
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
import type { Hop } from "./host-neighbors.ts";
import { PrefixSet } from "./prefix-set.ts";
import { RouteCache } from "./route-cache.ts";
import { NetlinkSocket } from "./sys/netlink-socket.ts";
import { SystemError } from "./sys/system-error.ts";

/** How long a route is believed without being asked for anew. */
const LIFETIME: Milliseconds = 10_000;

/**
 * What a route is asked for: no rule that captures packets applies to errors this host sends, so the answer
 * is never one of the director's own devices.
 */
const LOOKUP_PROTOCOL: Readonly<Record<Family, number>> = { 4: ICMP, 6: ICMPV6 };

/** How long a path MTU is believed, and how many are. Source: ip-sysctl.rst, `route/mtu_expires`. */
const PATH_MTU_LIFETIME: Milliseconds = 600_000;
const PATH_MTUS = 1024;

/** The least path MTU that is believed. Source: ip-sysctl.rst, `route/min_pmtu`; RFC 8200 §5. */
const LEAST_PATH_MTU: Readonly<Record<Family, number>> = { 4: 552, 6: LEAST_MTU };

/** What is listened to: all there is but neighbours, of whom more is told and nothing depends on here. */
const ANNOUNCEMENTS = Object.values(GROUP).reduce((sum, group) => sum + group, 0) - GROUP.neighbor;

/** What host routes are opened with. */
export interface HostRoutesOptions {
  readonly clock: Clock;
}

/** The way from this host to an address, as a packet takes it. */
export interface HostRoute extends Route {
  /** Index of the interface it leaves by; 0 where it does not leave. */
  readonly out: number;
  /** Who gets it next on that link; the address itself unless there is a router. */
  readonly via: Address;
  /** Kept here by who sends to links. */
  hop?: Hop | undefined;
}

/** The host of this network namespace. */
export class HostRoutes implements Host {
  readonly #clock: Clock;
  readonly #requests: NetlinkSocket;
  readonly #notifications: NetlinkSocket;
  readonly #routes = new RouteCache<HostRoute>();
  readonly #local: Record<Family, PrefixSet> = { 4: new PrefixSet(4, []), 6: new PrefixSet(6, []) };
  /** Path MTUs the director has been told, by address. */
  readonly #pathMtus: LRUCache<string, number>;
  /** By interface index. */
  #links: ReadonlyMap<number, Link> = new Map();
  #linkChanges = 0;
  #askedAt: Milliseconds;
  #epoch = 0;

  private constructor(
    options: HostRoutesOptions,
    requests: NetlinkSocket,
    notifications: NetlinkSocket,
  ) {
    this.#clock = options.clock;
    this.#pathMtus = new LRUCache({
      max: PATH_MTUS,
      ttl: PATH_MTU_LIFETIME,
      // The cache takes a time of 0 for none.
      perf: { now: () => options.clock.now() + 1 },
      // With any other resolution the cache remembers the time for a while, by a timer.
      ttlResolution: 0,
    });
    this.#requests = requests;
    this.#notifications = notifications;
    this.#askedAt = options.clock.now();
    this.#readLocal();
    this.#readLinks();
  }

  /** @throws SystemError when the kernel refuses; Error without koffi */
  static open(options: HostRoutesOptions): HostRoutes {
    // First the announcements, then the state they are about: so no change falls in between.
    const notifications = NetlinkSocket.open(ANNOUNCEMENTS);
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

  get epoch(): number {
    return this.#epoch;
  }

  /** Descriptor to wait for: readable when `refresh` has something to read. */
  get fd(): number {
    return this.#notifications.fd;
  }

  isLocal(family: Family, address: Readonly<AddressWords>): boolean {
    return this.#local[family].contains(address);
  }

  route(family: Family, address: Readonly<AddressWords>): HostRoute | undefined {
    const slot = this.#routes.find(family, address);
    if (slot >= 0) return this.#routes.at(slot);
    const route = this.#ask(family, address);
    this.#routes.set(family, address, route);
    return route;
  }

  networkInterface(name: string): (NetworkInterface & { readonly index: number }) | undefined {
    try {
      const answer = this.#requests.get(linkByName(name), "Cannot look up an interface");
      return answer && parseLink(answer);
    } catch (error) {
      if (error instanceof SystemError) return undefined;
      throw error;
    }
  }

  /** The host itself does not learn of it: it does not know what the director has sent. */
  reportPathMtu(family: Family, address: Readonly<AddressWords>, reported: number): void {
    const known = this.route(family, address);
    const mtu = Math.max(reported, LEAST_PATH_MTU[family]);
    if (known === undefined || known.local || mtu >= known.mtu) return;
    this.#pathMtus.set(keyOf(family, address), mtu);
    this.#routes.set(family, address, { ...known, mtu, learned: true });
    this.#epoch++;
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
    const now = this.#clock.now();
    const old = now - this.#askedAt >= LIFETIME;
    if (!complete || stale.links || old) this.#readLinks();
    if (complete && !stale.routes && !old) return false;
    this.#routes.clear();
    this.#epoch++;
    this.#askedAt = now;
    return true;
  }

  /** The host's interfaces by index. */
  get links(): ReadonlyMap<number, Link> {
    return this.#links;
  }

  /** How often `links` was read: where this is the same, so are they. */
  get linkChanges(): number {
    return this.#linkChanges;
  }

  /** Releases the sockets. Calling it again does nothing. */
  close(): void {
    this.#requests.close();
    this.#notifications.close();
  }

  #ask(family: Family, words: Readonly<AddressWords>): HostRoute | undefined {
    const address = copyAddress(family, words);
    const way = { out: 0, via: address, learned: false, hop: undefined };
    if (this.isLocal(family, words)) {
      return { ...way, local: true, mtu: MAX_PACKET, source: address.words };
    }
    const found = this.#lookup(address);
    if (found === undefined) return undefined;
    const { out = 0, type, source = UNSPECIFIED[family], gateway: via = address } = found;
    const local = type === ROUTE_TYPE.local;
    if (!local && type !== ROUTE_TYPE.unicast) return undefined;
    const ofWay = found.mtu ?? this.#mtuOf(out, family) ?? MAX_PACKET;
    const mtu = Math.min(ofWay, MAX_PACKET);
    const known = this.#pathMtus.get(keyOf(family, words)) ?? mtu;
    const learned = known < mtu;
    const rest = { local, mtu: learned ? known : mtu, source: source.words };
    return { out, via, learned, hop: undefined, ...rest };
  }

  /** Returns the host's route, or `undefined` when it has none. */
  #lookup(address: Address): RouteEntry | undefined {
    try {
      const request = routeLookup(address, LOOKUP_PROTOCOL[address.family]);
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

  #mtuOf(index: number, family: Family): number | undefined {
    const link = this.#links.get(index);
    return family === 4 ? link?.mtu : (link?.mtu6 ?? link?.mtu);
  }

  #readLinks(): void {
    const links = this.#list(linkDump(), parseLink);
    this.#links = new Map(links.map((link) => [link.index, link]));
    this.#linkChanges++;
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

function keyOf(family: Family, address: Readonly<AddressWords>): string {
  return formatAddress(copyAddress(family, address));
}
