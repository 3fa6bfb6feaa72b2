/**
 * Routing netlink: interfaces and routes, asked for, changed and told of.
 *
 * Behind the netlink header stands a fixed one (struct ifinfomsg, struct rtmsg), then attributes.
 * Requests go without sequence number: whoever sends them gives them one. Rules have a file of their
 * own (rtnetlink-rule.ts).
 *
 *     struct rtmsg      0         8         16        24       32
 *                       +---------+---------+---------+---------+
 *                       | family  | to len. |from len.|   TOS   |
 *                       +---------+---------+---------+---------+
 *                       |  table  |protocol |  scope  |  type   |
 *                       +---------+---------+---------+---------+
 *                       |                flags                  |
 *                       +---------------------------------------+
 *
 * Source: linux/rtnetlink.h, linux/if_link.h; rtnetlink(7).
 *
 * @module
 */
import {
  type Address,
  addressBytes,
  addressFromBytes,
  type Family,
  UNSPECIFIED,
} from "../net/address.ts";
import { readMac } from "./ethernet.ts";
import { MESSAGE_FLAG, type Message, viewOf } from "./netlink.ts";
import { type AttributePolicy, Attributes } from "./netlink-attributes.ts";
import { MessageWriter } from "./netlink-writer.ts";

/** Message types. Source: linux/rtnetlink.h `RTM_*`. */
export const RTM = {
  newLink: 16,
  delLink: 17,
  getLink: 18,
  newRoute: 24,
  delRoute: 25,
  getRoute: 26,
  newNeighbor: 28,
  delNeighbor: 29,
  getNeighbor: 30,
  newRule: 32,
  delRule: 33,
  getRule: 34,
} as const;

/** Flags of requests that change something. Source: linux/netlink.h `NLM_F_EXCL`, `NLM_F_CREATE`. */
export const CREATE = 0x400 | 0x200;

/** Flags of requests for the entry that applies, and of requests that change and are acknowledged. */
export const REQUEST = MESSAGE_FLAG.request;
export const CHANGE = MESSAGE_FLAG.request | MESSAGE_FLAG.acknowledge;
export const DUMP = MESSAGE_FLAG.request | MESSAGE_FLAG.dump;

/**
 * Multicast groups, as bits of the address a socket is bound to: group n is bit n - 1.
 *
 * Source: linux/rtnetlink.h `RTMGRP_*`, `RTNLGRP_IPV6_RULE`, `RTNLGRP_IPV6_IFINFO`.
 */
export const GROUP = {
  link: 0x1,
  neighbor: 0x4,
  ipv4Address: 0x10,
  ipv4Route: 0x40,
  ipv4Rule: 0x80,
  ipv6Address: 0x100,
  ipv6Route: 0x400,
  ipv6Interface: 0x800,
  ipv6Rule: 0x40000,
} as const;

/** Numbers of routing tables. Source: linux/rtnetlink.h `RT_TABLE_*`. */
export const TABLE = { main: 254, local: 255 } as const;

/** Who made a route or rule. Source: linux/rtnetlink.h `RTPROT_*`. */
export const ORIGIN = { kernel: 2, boot: 3 } as const;

/** What a route does with a packet. Source: linux/rtnetlink.h `RTN_*`. */
export const ROUTE_TYPE = { unicast: 1, local: 2 } as const;

/** Source: linux/rtnetlink.h `RT_SCOPE_LINK`. */
const SCOPE_LINK = 253;

const ROUTE_HEADER = 12;
const LINK_HEADER = 16;

/** Attributes of a route. Source: linux/rtnetlink.h `RTA_*`. */
const RTA = {
  to: 1,
  out: 4,
  gateway: 5,
  source: 7,
  metrics: 8,
  table: 15,
  ipProtocol: 27,
} as const;

/** Source: linux/rtnetlink.h `RTAX_MTU`. */
const RTAX_MTU = 2;

/** Attributes of an interface. Source: linux/if_link.h `IFLA_*`. */
const IFLA = { address: 1, name: 3, mtu: 4, master: 10, families: 26 } as const;

/** Source: linux/if_arp.h `ARPHRD_ETHER`. */
const ETHERNET = 1;

/**
 * What an interface is for IPv6: a nested attribute of the family's number, and in it an array of 32-bit
 * numbers. Source: linux/if_link.h `IFLA_INET6_CONF`; linux/ipv6.h `DEVCONF_MTU6`.
 */
const INET6_CONF = 2;
const DEVCONF_MTU6 = 2;

/** Source: linux/if.h `IFF_UP`. */
const IFF_UP = 1;

/** Address families of the host. Source: linux/socket.h `AF_INET`, `AF_INET6`. */
const AF = { 4: 2, 6: 10 } as const;

const ROUTE_POLICY: AttributePolicy = {
  [RTA.to]: { atLeast: 4 },
  [RTA.out]: "u32",
  [RTA.gateway]: { atLeast: 4 },
  [RTA.source]: { atLeast: 4 },
  [RTA.metrics]: "nested",
  [RTA.table]: "u32",
};

const METRICS_POLICY: AttributePolicy = { [RTAX_MTU]: "u32" };

const LINK_POLICY: AttributePolicy = {
  [IFLA.address]: { atLeast: 0 },
  [IFLA.name]: { text: 15 },
  [IFLA.mtu]: "u32",
  [IFLA.master]: "u32",
  [IFLA.families]: "nested",
};

const FAMILIES_POLICY: AttributePolicy = { [AF[6]]: "nested" };

const INET6_POLICY: AttributePolicy = { [INET6_CONF]: { atLeast: 4 * (DEVCONF_MTU6 + 1) } };

/** The addresses whose first `length` bits are those of `address`. */
export interface Prefix {
  readonly address: Address;
  /** 0–32 (IPv4), 0–128 (IPv6). */
  readonly length: number;
}

/** An interface of the host. */
export interface Link {
  /** Positive. */
  readonly index: number;
  readonly name: string;
  /** Largest packet, in bytes. */
  readonly mtu: number;
  /** Largest IPv6 packet, which routers may have told; absent where there is no IPv6. */
  readonly mtu6?: number;
  readonly up: boolean;
  /** Its own hardware address, as in src/wire/ethernet.ts; absent where it is no Ethernet. */
  readonly mac?: number;
  /** Index of the interface it is a part of, such as a bridge. */
  readonly master?: number;
}

/** A route as it stands in a table, or as the answer to a lookup. */
export interface RouteEntry {
  readonly family: Family;
  /** 0–4294967295. */
  readonly table: number;
  /** Who made it, 0–255; see `ORIGIN`. */
  readonly origin: number;
  /** See `ROUTE_TYPE`. */
  readonly type: number;
  readonly to: Prefix;
  /** Index of the interface packets leave by. */
  readonly out?: number;
  readonly gateway?: Address;
  /** Address packets are sent from. */
  readonly source?: Address;
  /** Largest packet the route takes, where it says so itself, in bytes. */
  readonly mtu?: number;
}

/** Returns the host's number of an address family. */
export function hostFamily(family: Family): number {
  return AF[family];
}

/** Returns the family the host's number stands for, or `undefined`. */
export function familyOf(number: number): Family | undefined {
  if (number === AF[4]) return 4;
  return number === AF[6] ? 6 : undefined;
}

/** Returns a whole message: a fixed header and what `fill` writes behind it. */
export function rtnetlinkMessage(
  type: number,
  flags: number,
  fixed: Uint8Array,
  fill: (writer: MessageWriter) => void = () => {},
): Uint8Array {
  const writer = new MessageWriter();
  writer.message({ type, flags, sequence: 0, port: 0 }, () => {
    writer.raw(fixed);
    fill(writer);
  });
  return writer.take();
}

/** Returns the request that sets the MTU of an interface, in bytes, and brings it up. */
export function linkUp(index: number, mtu: number): Uint8Array {
  const fixed = new Uint8Array(LINK_HEADER);
  const view = viewOf(fixed);
  view.setInt32(4, index, true);
  view.setUint32(8, IFF_UP, true);
  view.setUint32(12, IFF_UP, true);
  return rtnetlinkMessage(RTM.newLink, CHANGE, fixed, (writer) => writer.u32(IFLA.mtu, mtu));
}

/** Returns the request for all interfaces. */
export function linkDump(): Uint8Array {
  return rtnetlinkMessage(RTM.getLink, DUMP, new Uint8Array(LINK_HEADER));
}

/** Returns the request for the interface of a name. */
export function linkByName(name: string): Uint8Array {
  const fixed = new Uint8Array(LINK_HEADER);
  return rtnetlinkMessage(RTM.getLink, REQUEST, fixed, (writer) => writer.text(IFLA.name, name));
}

/**
 * Returns the interface a message tells of, or `undefined` when it is of another kind or not whole.
 *
 * @throws IpvsError when an attribute is malformed
 */
export function parseLink(message: Message): Link | undefined {
  const { payload, type } = message;
  if ((type !== RTM.newLink && type !== RTM.delLink) || payload.length < LINK_HEADER) {
    return undefined;
  }
  const view = viewOf(payload);
  const attributes = Attributes.parse(payload.subarray(LINK_HEADER), LINK_POLICY);
  const name = attributes.text(IFLA.name);
  const mtu = attributes.u32(IFLA.mtu);
  if (name === undefined || mtu === undefined) return undefined;
  const up = (view.getUint32(8, true) & IFF_UP) !== 0;
  const mtu6 = readMtu6(attributes.bytes(IFLA.families));
  const index = view.getInt32(4, true);
  const address = attributes.bytes(IFLA.address);
  const isEthernet = view.getUint16(2, true) === ETHERNET && address?.length === 6;
  const master = attributes.u32(IFLA.master);
  return {
    index,
    name,
    mtu,
    up,
    ...(mtu6 === undefined ? {} : { mtu6 }),
    ...(isEthernet ? { mac: readMac(viewOf(address), 0) } : {}),
    ...(master === undefined ? {} : { master }),
  };
}

/** Returns the MTU in what an interface is for each family, or `undefined`. */
function readMtu6(families: Uint8Array | undefined): number | undefined {
  const inet6 = families && Attributes.parse(families, FAMILIES_POLICY).bytes(AF[6]);
  const numbers = inet6 && Attributes.parse(inet6, INET6_POLICY).bytes(INET6_CONF);
  return numbers && viewOf(numbers).getUint32(4 * DEVCONF_MTU6, true);
}

/** Which route a default route of ours is. */
export type DefaultRoute = Pick<RouteEntry, "family" | "table" | "origin"> & {
  /** Index of the interface it leads into. */
  readonly out: number;
};

/** Returns the request that adds a route for every address into an interface. */
export function routeAdd(route: DefaultRoute): Uint8Array {
  return defaultRoute(RTM.newRoute, CHANGE | CREATE, route);
}

/** Returns the request that deletes such a route. */
export function routeDelete(route: DefaultRoute): Uint8Array {
  return defaultRoute(RTM.delRoute, CHANGE, route);
}

function defaultRoute(type: number, flags: number, route: DefaultRoute): Uint8Array {
  const fixed = new Uint8Array(ROUTE_HEADER);
  fixed[0] = AF[route.family];
  fixed[5] = route.origin;
  // IPv6 routes have no scope.
  fixed[6] = route.family === 4 ? SCOPE_LINK : 0;
  fixed[7] = ROUTE_TYPE.unicast;
  return rtnetlinkMessage(type, flags, fixed, (writer) => {
    writer.u32(RTA.table, route.table).u32(RTA.out, route.out);
  });
}

/**
 * Returns the request for the route of a packet to `address` that this host sends.
 *
 * @param ipProtocol protocol the packet counts as for rules: TCP, UDP or ICMP, no other is allowed
 */
export function routeLookup(address: Address, ipProtocol: number): Uint8Array {
  const fixed = new Uint8Array(ROUTE_HEADER);
  const bytes = addressBytes(address);
  fixed[0] = AF[address.family];
  fixed[1] = bytes.length * 8;
  return rtnetlinkMessage(RTM.getRoute, REQUEST, fixed, (writer) => {
    writer.bytes(RTA.to, bytes).u8(RTA.ipProtocol, ipProtocol);
  });
}

/** Returns the request for all routes of one table; hosts before Linux 4.20 answer with all tables. */
export function routeDump(family: Family, table: number): Uint8Array {
  const fixed = new Uint8Array(ROUTE_HEADER);
  fixed[0] = AF[family];
  return rtnetlinkMessage(RTM.getRoute, DUMP, fixed, (writer) => writer.u32(RTA.table, table));
}

/**
 * Returns the route a message tells of, or `undefined` when it is of another kind or not whole.
 *
 * @throws IpvsError when an attribute is malformed
 */
export function parseRoute(message: Message): RouteEntry | undefined {
  const { payload, type } = message;
  if ((type !== RTM.newRoute && type !== RTM.delRoute) || payload.length < ROUTE_HEADER) {
    return undefined;
  }
  const view = viewOf(payload);
  const family = familyOf(view.getUint8(0));
  if (family === undefined) return undefined;
  const attributes = Attributes.parse(payload.subarray(ROUTE_HEADER), ROUTE_POLICY);
  const out = attributes.u32(RTA.out);
  const gateway = readAddress(attributes, RTA.gateway, family);
  const source = readAddress(attributes, RTA.source, family);
  const metrics = attributes.bytes(RTA.metrics);
  const mtu = metrics && Attributes.parse(metrics, METRICS_POLICY).u32(RTAX_MTU);
  return {
    family,
    table: attributes.u32(RTA.table) ?? view.getUint8(4),
    origin: view.getUint8(5),
    type: view.getUint8(7),
    to: {
      address: readAddress(attributes, RTA.to, family) ?? UNSPECIFIED[family],
      length: view.getUint8(1),
    },
    ...(out === undefined ? {} : { out }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(source === undefined ? {} : { source }),
    ...(mtu === undefined ? {} : { mtu }),
  };
}

/** Returns the address in an attribute, or `undefined` when it is absent or of another family. */
export function readAddress(
  attributes: Attributes,
  number: number,
  family: Family,
): Address | undefined {
  const bytes = attributes.bytes(number);
  return bytes?.length === (family === 4 ? 4 : 16) ? addressFromBytes(bytes) : undefined;
}
