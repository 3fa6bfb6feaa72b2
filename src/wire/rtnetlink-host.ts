/**
 * Routing netlink requests that furnish a host: links, addresses, neighbours, routes through a gateway.
 *
 * Source: rtnetlink(7); linux/{if_addr,if_link,neighbour,rtnetlink}.h.
 *
 * @module
 */
import { type Address, addressBytes } from "../net/address.ts";
import { writeMac } from "./ethernet.ts";
import { viewOf } from "./netlink.ts";
import {
  CHANGE,
  CREATE,
  hostFamily,
  ORIGIN,
  type Prefix,
  ROUTE_TYPE,
  rtnetlinkMessage,
  TABLE,
} from "./rtnetlink.ts";

/** Message types. Source: linux/rtnetlink.h `RTM_*`. */
const RTM = { newLink: 16, newAddress: 20, newRoute: 24, newNeighbor: 28 } as const;

/** Source: linux/if_link.h `IFLA_ADDRESS`, linux/if.h `IFF_UP`. */
const IFLA_ADDRESS = 1;
const IFF_UP = 1;

/** Source: linux/if_addr.h `IFA_*`. */
const IFA = { address: 1, local: 2 } as const;
/** Usable at once, not probed for duplicates first. Source: linux/if_addr.h `IFA_F_NODAD`. */
const IFA_F_NODAD = 2;

/** Source: linux/neighbour.h `NDA_*`, `NUD_PERMANENT`. */
const NDA = { destination: 1, linkAddress: 2 } as const;
const NUD_PERMANENT = 0x80;

/** Source: linux/rtnetlink.h `RTA_*`. */
const RTA = { to: 1, out: 4, gateway: 5 } as const;

/**
 * Returns the request that brings an interface up.
 *
 * @param mac hardware address it gets first; its own without one
 */
export function linkStart(index: number, mac?: number): Uint8Array {
  const fixed = new Uint8Array(16);
  const view = viewOf(fixed);
  view.setInt32(4, index, true);
  view.setUint32(8, IFF_UP, true);
  view.setUint32(12, IFF_UP, true);
  return rtnetlinkMessage(RTM.newLink, CHANGE, fixed, (writer) => {
    if (mac !== undefined) writer.bytes(IFLA_ADDRESS, macBytes(mac));
  });
}

/** Returns the request that gives an interface an address, with the length of its network's prefix. */
export function addressAdd(index: number, { address, length }: Prefix): Uint8Array {
  const fixed = new Uint8Array(8);
  fixed[0] = hostFamily(address.family);
  fixed[1] = length;
  fixed[2] = address.family === 6 ? IFA_F_NODAD : 0;
  viewOf(fixed).setUint32(4, index, true);
  const bytes = addressBytes(address);
  return rtnetlinkMessage(RTM.newAddress, CHANGE | CREATE, fixed, (writer) =>
    writer.bytes(IFA.local, bytes).bytes(IFA.address, bytes),
  );
}

/** Returns the request that makes a neighbour known for good. */
export function neighborAdd(index: number, address: Address, mac: number): Uint8Array {
  const fixed = new Uint8Array(12);
  const view = viewOf(fixed);
  fixed[0] = hostFamily(address.family);
  view.setInt32(4, index, true);
  view.setUint16(8, NUD_PERMANENT, true);
  return rtnetlinkMessage(RTM.newNeighbor, CHANGE | CREATE, fixed, (writer) =>
    writer.bytes(NDA.destination, addressBytes(address)).bytes(NDA.linkAddress, macBytes(mac)),
  );
}

/** Returns the request that adds a route through a gateway to the main table. */
export function gatewayAdd(index: number, to: Prefix, gateway: Address): Uint8Array {
  const fixed = new Uint8Array(12);
  fixed[0] = hostFamily(to.address.family);
  fixed[1] = to.length;
  fixed[4] = TABLE.main;
  fixed[5] = ORIGIN.boot;
  fixed[7] = ROUTE_TYPE.unicast;
  return rtnetlinkMessage(RTM.newRoute, CHANGE | CREATE, fixed, (writer) => {
    if (to.length > 0) writer.bytes(RTA.to, addressBytes(to.address));
    writer.bytes(RTA.gateway, addressBytes(gateway)).u32(RTA.out, index);
  });
}

function macBytes(mac: number): Uint8Array {
  const bytes = new Uint8Array(6);
  writeMac(viewOf(bytes), 0, mac);
  return bytes;
}
