/**
 * The generic-netlink family `IPVS`: its numbers, and the messages that are not about one service.
 *
 * Services, destinations, daemons and counters have files of their own beside this one. Numbers are
 * in the host's byte order but for addresses, ports and IPv4 masks, which are in network order.
 *
 * Source: linux/ip_vs.h `IPVS_CMD_*`, `IPVS_*_ATTR_*`.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import { type Address, addressBytes, addressFromBytes, type Family } from "../net/address.ts";
import type { EngineInfo, TimeoutConfig } from "./ipvs-objects.ts";
import { type AttributePolicy, type Attributes, present } from "./netlink-attributes.ts";
import type { MessageWriter } from "./netlink-writer.ts";

/** Name of the family. */
export const IPVS_NAME = "IPVS";

/** Version of the family. */
export const IPVS_VERSION = 1;

/** Commands. Those that list answer with the number of the command that would set what is listed. */
export const IPVS_COMMAND = {
  newService: 1,
  setService: 2,
  delService: 3,
  getService: 4,
  newDest: 5,
  setDest: 6,
  delDest: 7,
  getDest: 8,
  newDaemon: 9,
  delDaemon: 10,
  getDaemon: 11,
  setConfig: 12,
  getConfig: 13,
  setInfo: 14,
  getInfo: 15,
  zero: 16,
  flush: 17,
} as const;

/** Attributes of the top level. */
export const IPVS_ATTRIBUTE = {
  service: 1,
  dest: 2,
  daemon: 3,
  timeoutTcp: 4,
  timeoutTcpFin: 5,
  timeoutUdp: 6,
} as const;

/** What requests and most replies carry at the top level. */
export const IPVS_POLICY: AttributePolicy = {
  [IPVS_ATTRIBUTE.service]: "nested",
  [IPVS_ATTRIBUTE.dest]: "nested",
  [IPVS_ATTRIBUTE.daemon]: "nested",
  [IPVS_ATTRIBUTE.timeoutTcp]: "u32",
  [IPVS_ATTRIBUTE.timeoutTcpFin]: "u32",
  [IPVS_ATTRIBUTE.timeoutUdp]: "u32",
};

/** Attributes of the reply to `getInfo`, at the top level in place of the others. */
const INFO_ATTRIBUTE = { version: 1, connectionTableSize: 2 } as const;

/** What the reply to `getInfo` carries. */
export const INFO_POLICY: AttributePolicy = {
  [INFO_ATTRIBUTE.version]: "u32",
  [INFO_ATTRIBUTE.connectionTableSize]: "u32",
};

/** Writes the attributes of the reply to `getInfo`. */
export function writeInfo(writer: MessageWriter, info: EngineInfo): void {
  writer
    .u32(INFO_ATTRIBUTE.version, info.version)
    .u32(INFO_ATTRIBUTE.connectionTableSize, info.connectionTableSize);
}

/**
 * Returns what a reply to `getInfo` says, of attributes read with `INFO_POLICY`.
 *
 * @throws IpvsError EINVAL when an attribute is missing
 */
export function readInfo(attributes: Attributes): EngineInfo {
  return {
    version: present(attributes.u32(INFO_ATTRIBUTE.version), "version"),
    connectionTableSize: present(
      attributes.u32(INFO_ATTRIBUTE.connectionTableSize),
      "connection table size",
    ),
  };
}

/** Writes the attributes of `setConfig` and of the reply to `getConfig`. */
export function writeTimeouts(writer: MessageWriter, timeouts: TimeoutConfig): void {
  writer
    .u32(IPVS_ATTRIBUTE.timeoutTcp, timeouts.tcp)
    .u32(IPVS_ATTRIBUTE.timeoutTcpFin, timeouts.tcpFin)
    .u32(IPVS_ATTRIBUTE.timeoutUdp, timeouts.udp);
}

/** Returns the timeouts, in seconds; 0 for one that is absent, which keeps what is set. */
export function readTimeouts(attributes: Attributes): TimeoutConfig {
  return {
    tcp: attributes.u32(IPVS_ATTRIBUTE.timeoutTcp) ?? 0,
    tcpFin: attributes.u32(IPVS_ATTRIBUTE.timeoutTcpFin) ?? 0,
    udp: attributes.u32(IPVS_ATTRIBUTE.timeoutUdp) ?? 0,
  };
}

/** Numbers of the address families. Source: bits/socket.h `AF_INET`, `AF_INET6`. */
const AF_INET = 2;
const AF_INET6 = 10;

/** Bytes of an address attribute: an IPv4 address has zeros behind it. */
export const ADDRESS_LENGTH = 16;

/** Returns the number of an address family on the wire. */
export function familyNumber(family: Family): number {
  return family === 4 ? AF_INET : AF_INET6;
}

/**
 * Returns the address family of a number.
 *
 * @throws IpvsError EAFNOSUPPORT when it is neither IPv4's nor IPv6's
 */
export function familyOfNumber(number: number): Family {
  if (number === AF_INET) return 4;
  if (number === AF_INET6) return 6;
  throw new IpvsError(
    "EAFNOSUPPORT",
    `Unknown address family ${number}: must be ${AF_INET} or ${AF_INET6}`,
  );
}

/** Returns an address as its attribute holds it: 16 bytes. */
export function addressValue(address: Address): Uint8Array {
  const value = new Uint8Array(ADDRESS_LENGTH);
  value.set(addressBytes(address));
  return value;
}

/** Returns the address in an attribute; `value` has 16 bytes. */
export function addressOfValue(family: Family, value: Uint8Array): Address {
  return addressFromBytes(value.subarray(0, family === 4 ? 4 : ADDRESS_LENGTH));
}
