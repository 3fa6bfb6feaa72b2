/**
 * Routing netlink: the hardware addresses the kernel knows of the hosts on its links.
 *
 *     struct ndmsg      0         8         16        24       32
 *                       +---------+---------+---------+---------+
 *                       | family  |             -               |
 *                       +---------+---------+---------+---------+
 *                       |           interface index             |
 *                       +---------+---------+---------+---------+
 *                       |      state        |  flags  |  type   |
 *                       +---------+---------+---------+---------+
 *
 * Source: linux/neighbour.h; rtnetlink(7); ip-neighbour(8).
 *
 * @module
 */
import { type Address, addressBytes, type Family } from "../net/address.ts";
import { readMac } from "./ethernet.ts";
import { type Message, viewOf } from "./netlink.ts";
import { type AttributePolicy, Attributes } from "./netlink-attributes.ts";
import {
  CHANGE,
  DUMP,
  familyOf,
  hostFamily,
  RTM,
  readAddress,
  rtnetlinkMessage,
} from "./rtnetlink.ts";

const NEIGHBOR_HEADER = 12;

/** Attributes of a neighbour. Source: linux/neighbour.h `NDA_*`. */
const NDA = { address: 1, mac: 2 } as const;

/** States in which the hardware address may be used: linux/neighbour.h `NUD_*`, as net/neighbour.h `NUD_VALID`. */
const VALID = 0x02 | 0x04 | 0x08 | 0x10 | 0x40 | 0x80;

/** Source: linux/neighbour.h `NTF_USE`. */
const USE = 0x01;

const POLICY: AttributePolicy = { [NDA.address]: { atLeast: 4 }, [NDA.mac]: { atLeast: 0 } };

/** A host on a link. */
export interface Neighbor {
  readonly interfaceIndex: number;
  readonly address: Address;
  /** Hardware address, as in src/wire/ethernet.ts; 0 when it is not known, or no longer. */
  readonly mac: number;
}

/** Returns the request for all neighbours of a family. */
export function neighborDump(family: Family): Uint8Array {
  const fixed = new Uint8Array(NEIGHBOR_HEADER);
  fixed[0] = hostFamily(family);
  return rtnetlinkMessage(RTM.getNeighbor, DUMP, fixed);
}

/**
 * Returns the request that has the kernel take a neighbour as used, as if it had sent something there: it asks
 * for its hardware address, or after some time whether it is still the same.
 */
export function neighborUse(interfaceIndex: number, address: Address): Uint8Array {
  const fixed = new Uint8Array(NEIGHBOR_HEADER);
  const view = viewOf(fixed);
  fixed[0] = hostFamily(address.family);
  view.setInt32(4, interfaceIndex, true);
  fixed[10] = USE;
  const create = 0x400;
  return rtnetlinkMessage(RTM.newNeighbor, CHANGE | create, fixed, (writer) =>
    writer.bytes(NDA.address, addressBytes(address)),
  );
}

/**
 * Returns the neighbour a message tells of, or `undefined` when it is of another kind or not whole.
 *
 * @throws IpvsError when an attribute is malformed
 */
export function parseNeighbor(message: Message): Neighbor | undefined {
  const { payload, type } = message;
  if (type !== RTM.newNeighbor && type !== RTM.delNeighbor) return undefined;
  if (payload.length < NEIGHBOR_HEADER) return undefined;
  const view = viewOf(payload);
  const family = familyOf(view.getUint8(0));
  if (family === undefined) return undefined;
  const attributes = Attributes.parse(payload.subarray(NEIGHBOR_HEADER), POLICY);
  const address = readAddress(attributes, NDA.address, family);
  if (address === undefined) return undefined;
  const mac = attributes.bytes(NDA.mac);
  const isValid = type === RTM.newNeighbor && (view.getUint16(8, true) & VALID) !== 0;
  return {
    interfaceIndex: view.getInt32(4, true),
    address,
    mac: isValid && mac?.length === 6 ? readMac(viewOf(mac), 0) : 0,
  };
}
