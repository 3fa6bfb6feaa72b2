/**
 * Addresses, routing tables and policy rules of a small host.
 *
 * An address brings the routes Linux makes for it: itself in table 255, the network it shares with its
 * neighbours in table 254, and with IPv4 the broadcast address. On `lo` the whole prefix is local.
 *
 * Source: ip-route(8), ip-rule(8), ip-address(8); linux fib_frontend.c `fib_add_ifaddr`,
 * `fib_sync_down_dev`; ipv6/addrconf.c.
 *
 * @module
 */
import type { Route } from "../engine/host.ts";
import { type Address, type AddressWords, type Family, sameAddress } from "../net/address.ts";
import {
  ADDRESS_BITS,
  commonBits,
  formatPrefix,
  networkWords,
  type Prefix,
  sharesPrefix,
} from "../net/prefix.ts";
import { MAX_PACKET } from "../wire/frame.ts";
import { Interface, type InterfaceAddress, LOOPBACK, LOOPBACK_MTU } from "./interfaces.ts";
import { RouteTable, type TableRoute } from "./route-table.ts";

/** Numbers of the tables every host has. Source: linux/rtnetlink.h. */
export const TABLE = { default: 253, main: 254, local: 255 } as const;

/** What becomes of packets a route matches. */
export type RouteType =
  | "unicast"
  | "local"
  | "broadcast"
  | "unreachable"
  | "prohibit"
  | "blackhole";

/** A route as an administrator writes it. */
export interface RouteConfig {
  /** Length 0 for the default route. */
  readonly to: Prefix;
  /** "unicast". */
  readonly type?: RouteType;
  /** Next hop; the destination itself unless given. */
  readonly via?: Address;
  /** Name of the interface; the one that leads to `via` unless given. */
  readonly dev?: string;
  /** That of the interface unless given. */
  readonly mtu?: number;
  /** Address packets of this host are sent from. */
  readonly src?: Address;
  /** Of two for the same prefix the lower one counts; 0. */
  readonly metric?: number;
  /** Table number; 254, or 255 for local and broadcast routes. */
  readonly table?: number;
}

/** A rule as `ip rule add fwmark MARK lookup TABLE`. */
export interface RoutingRule {
  readonly family: Family;
  /** Mark a packet must have; any unless given. */
  readonly mark?: number;
  /** Bits of the mark that are compared; all. */
  readonly mask?: number;
  readonly table: number;
  /** Rules are tried from the lowest number up; one below the lowest but the first unless given. */
  readonly priority?: number;
}

/** A way out, or the answer that there is none. */
export class RouteEntry implements Route, TableRoute {
  readonly family: Family;
  readonly network: AddressWords;
  readonly prefixLength: number;
  readonly metric: number;
  readonly type: RouteType;
  readonly via: Address | undefined;
  readonly device: Interface;
  readonly local: boolean;
  readonly table: number;
  readonly ownMtu: number | undefined;
  readonly ownSource: Address | undefined;
  /** Address this host would send from, 4 words; brought up to date by `Routing`. */
  source: Readonly<AddressWords>;

  constructor(config: RouteConfig, table: number, device: Interface) {
    this.family = config.to.address.family;
    this.network = networkWords(config.to);
    this.prefixLength = config.to.prefixLength;
    this.metric = config.metric ?? 0;
    this.type = config.type ?? "unicast";
    this.via = config.via;
    this.device = device;
    this.local = this.type === "local";
    this.table = table;
    this.ownMtu = config.mtu;
    this.ownSource = config.src;
    this.source = config.src?.words ?? new Uint32Array(4);
  }

  /** Largest packet it takes, in bytes. */
  get mtu(): number {
    return Math.min(this.ownMtu ?? this.device.mtu, MAX_PACKET);
  }
}

/** Whether a route is there to refuse packets. */
export function refuses({ type }: RouteEntry): boolean {
  return type === "unreachable" || type === "prohibit" || type === "blackhole";
}

interface Rule {
  readonly priority: number;
  readonly mark: number;
  /** 0 where every mark matches. */
  readonly mask: number;
  readonly table: number;
}

/** Rules there are from the beginning. */
function firstRules(family: Family): Rule[] {
  const any = { mark: 0, mask: 0 };
  const rules = [
    { ...any, priority: 0, table: TABLE.local },
    { ...any, priority: 32766, table: TABLE.main },
  ];
  return family === 4 ? [...rules, { ...any, priority: 32767, table: TABLE.default }] : rules;
}

/** The routing of one host. */
export class Routing {
  readonly #interfaces = new Map<string, Interface>();
  readonly #tables: Record<Family, Map<number, RouteTable<RouteEntry>>> = {
    4: new Map(),
    6: new Map(),
  };
  readonly #rules: Record<Family, Rule[]> = { 4: firstRules(4), 6: firstRules(6) };
  readonly #customized: Record<Family, boolean> = { 4: false, 6: false };
  /** Routes made for addresses; others are an administrator's. */
  readonly #made = new Set<RouteEntry>();

  constructor() {
    this.addInterface(LOOPBACK, LOOPBACK_MTU);
    const [first, last] = [Uint32Array.of(0x7f000001, 0, 0, 0), Uint32Array.of(0, 0, 0, 1)];
    this.addAddress(LOOPBACK, { address: { family: 4, words: first }, prefixLength: 8 });
    this.addAddress(LOOPBACK, { address: { family: 6, words: last }, prefixLength: 128 });
  }

  // Interfaces and addresses.

  /** @throws RangeError for a name that is taken, or an MTU out of range */
  addInterface(name: string, mtu?: number): void {
    if (this.#interfaces.has(name)) throw new RangeError(`Interface ${name} is there already`);
    this.#interfaces.set(name, new Interface(name, mtu));
  }

  /** Returns an interface, or `undefined` when there is none of that name. */
  interface(name: string): Interface | undefined {
    return this.#interfaces.get(name);
  }

  /** @throws RangeError when there is no such interface */
  namedInterface(name: string): Interface {
    const found = this.#interfaces.get(name);
    if (found !== undefined) return found;
    const known = [...this.#interfaces.keys()].join(", ");
    throw new RangeError(`There is no interface "${name}": must be one of ${known}`);
  }

  /** @throws RangeError when there is no such interface, or it has the address already */
  addAddress(name: string, added: InterfaceAddress): void {
    const device = this.namedInterface(name);
    if (device.addresses.some((own) => sameAddress(own.address, added.address))) {
      throw new RangeError(`${name} has the address ${formatPrefix(added)} already`);
    }
    device.addresses.push(added);
    this.#makeRoutes(device);
  }

  /** @throws RangeError when there is no such interface, or it has no such address */
  deleteAddress(name: string, deleted: InterfaceAddress): void {
    const device = this.namedInterface(name);
    const index = device.addresses.findIndex(
      (own) =>
        sameAddress(own.address, deleted.address) && own.prefixLength === deleted.prefixLength,
    );
    if (index < 0) throw new RangeError(`${name} has no address ${formatPrefix(deleted)}`);
    device.addresses.splice(index, 1);
    this.#makeRoutes(device);
  }

  /**
   * Puts an interface up or down. One that goes down loses the routes through it, and its IPv6 addresses;
   * IPv4 addresses stay addresses of the host.
   *
   * @throws RangeError when there is no such interface
   */
  setUp(name: string, up: boolean): void {
    const device = this.namedInterface(name);
    if (device.up === up) return;
    device.up = up;
    if (!up) {
      for (let index = device.addresses.length - 1; index >= 0; index--) {
        if (device.addresses[index]!.address.family === 6) device.addresses.splice(index, 1);
      }
      this.#deleteRoutes((route) => route.device === device && !this.#made.has(route));
    }
    this.#makeRoutes(device);
  }

  /** @throws RangeError when there is no such interface, or for an MTU out of range */
  setMtu(name: string, mtu: number): void {
    this.namedInterface(name).mtu = mtu;
  }

  // Routes and rules.

  /** @throws RangeError when it names no interface, or one that does not exist, or is there already */
  addRoute(config: RouteConfig): void {
    const { family } = config.to.address;
    const table = tableOf(config);
    const entry = new RouteEntry(config, table, this.#deviceOf(config));
    for (const other of this.#tables[family].get(table) ?? []) {
      if (isSameRoute(other, entry)) {
        throw new RangeError(`A route to ${formatPrefix(config.to)} is there already`);
      }
    }
    if (entry.local) this.#customized[family] = true;
    this.#insert(entry);
    this.#findSources();
  }

  /**
   * Deletes the first route that fits; what `config` leaves out does not matter.
   *
   * @throws RangeError when none fits
   */
  deleteRoute(config: RouteConfig): void {
    const { family } = config.to.address;
    const network = networkWords(config.to);
    let found = false;
    const fits = (route: RouteEntry) => {
      if (found || route.prefixLength !== config.to.prefixLength) return false;
      found =
        commonBits(route.network, network) === 128 &&
        (config.type === undefined || config.type === route.type) &&
        (config.dev === undefined || config.dev === route.device.name) &&
        (config.metric === undefined || config.metric === route.metric) &&
        (config.via === undefined ||
          (route.via !== undefined && sameAddress(config.via, route.via)));
      return found;
    };
    if (!this.#tables[family].get(tableOf(config))?.delete(fits)) {
      throw new RangeError(`There is no route to ${formatPrefix(config.to)}`);
    }
  }

  /** Adds a policy rule. */
  addRule({ family, mark, mask, table, priority }: RoutingRule): void {
    this.#customized[family] = true;
    const rules = this.#rules[family];
    const lowest = rules.find((rule) => rule.priority > 0)?.priority ?? 32766;
    const rule: Rule = {
      priority: priority ?? Math.max(lowest - 1, 0),
      mark: mark ?? 0,
      mask: mark === undefined ? 0 : (mask ?? 0xffffffff),
      table,
    };
    // Behind those of the same priority.
    const at = rules.findIndex((other) => other.priority > rule.priority);
    rules.splice(at < 0 ? rules.length : at, 0, rule);
  }

  /** @throws RangeError when there is no such rule */
  deleteRule({ family, mark, mask, table, priority }: RoutingRule): void {
    const rules = this.#rules[family];
    const wantedMask = mark === undefined ? 0 : (mask ?? 0xffffffff);
    const at = rules.findIndex(
      (rule) =>
        rule.table === table &&
        rule.mark === (mark ?? 0) &&
        rule.mask === wantedMask &&
        (priority === undefined || rule.priority === priority),
    );
    if (at < 0) throw new RangeError(`There is no rule that looks up table ${table}`);
    rules.splice(at, 1);
  }

  // Questions.

  /**
   * Whether local routes or rules were ever added by hand: then what is local cannot be told from the
   * addresses of the interfaces alone. Source: linux `fib_has_custom_local_routes`.
   */
  isCustomized(family: Family): boolean {
    return this.#customized[family];
  }

  /** Returns the way to an address for packets with a mark, or `undefined`; it may be one that refuses. */
  find(family: Family, address: Readonly<AddressWords>, mark: number): RouteEntry | undefined {
    for (const rule of this.#rules[family]) {
      if (((mark ^ rule.mark) & rule.mask) !== 0) continue;
      const found = this.#tables[family].get(rule.table)?.find(address);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Returns the routes of a table, the longest prefixes first. */
  routes(family: Family, table: number): Iterable<RouteEntry> {
    return this.#tables[family].get(table) ?? [];
  }

  /** Returns what the table of local addresses says of an address. */
  inLocalTable(family: Family, address: Readonly<AddressWords>): RouteType | undefined {
    return this.#tables[family].get(TABLE.local)?.find(address)?.type;
  }

  /** Whether an interface has exactly this address. */
  isInterfaceAddress(family: Family, address: Readonly<AddressWords>): boolean {
    for (const device of this.#interfaces.values()) {
      for (const own of device.addresses) {
        if (own.address.family === family && commonBits(own.address.words, address) === 128) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Returns the address this host sends from when a packet to `address` takes `route`: that of the
   * interface whose network the next hop is in, else its first; with IPv6 the one that has most bits in
   * common with the destination; any of another interface where it has none.
   */
  sourceFor(route: RouteEntry, address: Readonly<AddressWords>): Readonly<AddressWords> {
    if (route.ownSource !== undefined) return route.ownSource.words;
    if (route.local && route.prefixLength === ADDRESS_BITS[route.family]) return route.network;
    const near = route.via?.family === route.family ? route.via.words : address;
    const best = this.#bestOf(route.device, route.family, route.family === 4 ? near : address);
    if (best !== undefined) return best;
    for (const device of this.#interfaces.values()) {
      const other = device.loopback ? undefined : this.#bestOf(device, route.family, address);
      if (other !== undefined) return other;
    }
    return route.source;
  }

  #bestOf(
    device: Interface,
    family: Family,
    near: Readonly<AddressWords>,
  ): Readonly<AddressWords> | undefined {
    let best: Readonly<AddressWords> | undefined;
    let bits = -1;
    for (const { address, prefixLength } of device.addresses) {
      if (address.family !== family) continue;
      const shared = commonBits(address.words, near);
      const score = family === 6 ? shared : Number(shared >= prefixLength);
      if (score <= bits) continue;
      best = address.words;
      bits = score;
    }
    return best;
  }

  #deviceOf(config: RouteConfig): Interface {
    if (config.dev !== undefined) return this.namedInterface(config.dev);
    const { type = "unicast", via } = config;
    if (type !== "unicast") return this.namedInterface(LOOPBACK);
    const way = via && this.find(via.family, via.words, 0);
    if (way === undefined || way.type !== "unicast" || way.via !== undefined) {
      throw new RangeError(
        `Cannot tell the interface of the route to ${formatPrefix(config.to)}: name one, or a next hop in a network this host is in`,
      );
    }
    return way.device;
  }

  /** Makes anew the routes that follow from the addresses of an interface. */
  #makeRoutes(device: Interface): void {
    this.#deleteRoutes((route) => route.device === device && this.#made.delete(route));
    for (const own of device.addresses) this.#makeRoutesOf(device, own);
    this.#findSources();
  }

  #makeRoutesOf(device: Interface, { address, prefixLength }: InterfaceAddress): void {
    const { family } = address;
    const bits = ADDRESS_BITS[family];
    const make = (type: RouteType, words: AddressWords, length: number, metric = 0) => {
      const to = { address: { family, words }, prefixLength: length };
      const src = family === 4 ? { src: address } : {};
      const config = { to, type, metric, ...src };
      const entry = new RouteEntry(config, tableOf(config), device);
      for (const other of this.#tables[family].get(entry.table) ?? []) {
        if (isSameRoute(other, entry) && other.device === device) return;
      }
      this.#made.add(entry);
      this.#insert(entry);
    };
    make("local", Uint32Array.from(address.words), bits);
    if (prefixLength === bits) return;
    const network = networkWords({ address, prefixLength });
    if (family === 6) {
      if (device.up && !device.loopback) make("unicast", network, prefixLength, 256);
      return;
    }
    if (device.loopback) make("local", network, prefixLength);
    else if (device.up) make("unicast", network, prefixLength);
    if (prefixLength < 31) {
      const last = Uint32Array.of((network[0]! | (0xffffffff >>> prefixLength)) >>> 0, 0, 0, 0);
      make("broadcast", last, bits);
    }
  }

  #insert(entry: RouteEntry): void {
    const tables = this.#tables[entry.family];
    const table = tables.get(entry.table) ?? new RouteTable<RouteEntry>();
    tables.set(entry.table, table);
    table.add(entry);
  }

  #deleteRoutes(unwanted: (route: RouteEntry) => boolean): void {
    for (const family of [4, 6] as const) {
      for (const table of this.#tables[family].values()) table.delete(unwanted);
    }
  }

  /** Brings the source addresses of all routes up to date. */
  #findSources(): void {
    for (const family of [4, 6] as const) {
      for (const table of this.#tables[family].values()) {
        for (const route of table) {
          route.source = this.sourceFor(route, route.via?.words ?? route.network);
        }
      }
    }
  }
}

function tableOf({ table, type }: RouteConfig): number {
  return table ?? (type === "local" || type === "broadcast" ? TABLE.local : TABLE.main);
}

/** Whether two routes of one table would be in each other's way. */
function isSameRoute(a: RouteEntry, b: RouteEntry): boolean {
  return (
    a.prefixLength === b.prefixLength &&
    a.metric === b.metric &&
    sharesPrefix(a.network, b.network, a.prefixLength)
  );
}
