/**
 * A server to ask, and the parts requests to it are put together from or lack.
 *
 * @module
 */
import { NetlinkServer } from "../../src/control/netlink-server.ts";
import { parseAddress } from "../../src/net/address.ts";
import { CONTROLLER_ID, readFamily } from "../../src/wire/genetlink.ts";
import { MESSAGE_FLAG } from "../../src/wire/netlink.ts";
import {
  type Attribute,
  bytesOf,
  DIRECT,
  FakeAdministration,
  PLAIN,
  parse,
  request,
  tcpService,
  text,
  u16,
  u32,
} from "./support.ts";

const WEB = tcpService("10.0.0.100", 80);
const WEB6 = tcpService("2001:db8::100", 80);
const SERVER = { address: parseAddress("192.168.10.11"), port: 80 };
/** Flags of a request for a list. */
export const DUMP = MESSAGE_FLAG.request | MESSAGE_FLAG.dump;

/** Returns the number of a family. */
export function familyId(server: NetlinkServer, name: string): number {
  const reply = parse(server.answer(request(CONTROLLER_ID, 3, [[2, text(name)]])))[0]!;
  return readFamily(reply.payload.subarray(4))!.id;
}

/** Returns a server over two services, the first of which has a destination: 192.168.10.11:80. */
export function begin() {
  const administration = new FakeAdministration();
  administration.addService(WEB, PLAIN);
  administration.addService(WEB6, { ...PLAIN, netmask: 128 });
  administration.addDestination(WEB, SERVER, DIRECT);
  const server = new NetlinkServer(administration);
  const ipvs = familyId(server, "IPVS");
  return { administration, server, ipvs };
}

// The parts of a service and of a destination, to be put together or left out.
export const AF: Attribute = [1, u16(2)];
export const PROTOCOL: Attribute = [2, u16(6)];
export const ADDRESS: Attribute = [3, bytesOf("0a000064")];
export const PORT: Attribute = [4, bytesOf("0050")];
export const SCHEDULER: Attribute = [6, text("rr")];
export const FLAGS: Attribute = [7, bytesOf("00000000 ffffffff")];
export const TIMEOUT: Attribute = [8, u32(0)];
export const NETMASK: Attribute = [9, bytesOf("ffffffff")];
export const ID = [AF, PROTOCOL, ADDRESS, PORT];
export const OTHER_ID = [AF, PROTOCOL, ADDRESS, [4, bytesOf("0051")] as const];
export const CONFIG = [SCHEDULER, FLAGS, TIMEOUT, NETMASK];

export const DEST_ID: readonly Attribute[] = [
  [1, bytesOf("c0a80a0c")],
  [2, bytesOf("0050")],
];
export const METHOD: Attribute = [3, u32(3)];
export const WEIGHT: Attribute = [4, u32(1)];
export const UPPER: Attribute = [5, u32(0)];
export const LOWER: Attribute = [6, u32(0)];
export const DEST_CONFIG = [METHOD, WEIGHT, UPPER, LOWER];

export function service(...attributes: readonly Attribute[]): Attribute {
  return [1, attributes];
}

export function dest(...attributes: readonly Attribute[]): Attribute {
  return [2, attributes];
}

export function daemon(...attributes: readonly Attribute[]): Attribute {
  return [3, attributes];
}

export function without(parts: readonly Attribute[], missing: Attribute): readonly Attribute[] {
  return parts.filter((part) => part !== missing);
}
