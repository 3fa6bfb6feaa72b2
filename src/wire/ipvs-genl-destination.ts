/**
 * Destinations in messages of the family `IPVS`, in the kernel's order of attributes.
 *
 * Source: linux/ip_vs.h `IPVS_DEST_ATTR_*`.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import type { Family } from "../net/address.ts";
import {
  ADDRESS_LENGTH,
  addressOfValue,
  addressValue,
  familyNumber,
  familyOfNumber,
  IPVS_ATTRIBUTE,
} from "./ipvs-genl.ts";
import { readStats, writeStats } from "./ipvs-genl-stats.ts";
import {
  type DestinationConfig,
  type DestinationId,
  type DestinationStatus,
  FORWARDING_METHODS,
  type ForwardingMethod,
} from "./ipvs-objects.ts";
import { type AttributePolicy, type Attributes, present } from "./netlink-attributes.ts";
import type { MessageWriter } from "./netlink-writer.ts";

/** Attributes inside `IPVS_ATTRIBUTE.dest`. */
export const DEST_ATTRIBUTE = {
  address: 1,
  port: 2,
  method: 3,
  weight: 4,
  upperThreshold: 5,
  lowerThreshold: 6,
  activeConnections: 7,
  inactiveConnections: 8,
  persistentConnections: 9,
  stats: 10,
  family: 11,
  stats64: 12,
  tunnelType: 13,
  tunnelPort: 14,
  tunnelFlags: 15,
} as const;

/** Bits of the method that tell methods apart. Source: linux/ip_vs.h `IP_VS_CONN_F_FWD_MASK`. */
const METHOD_MASK = 7;

const POLICY: AttributePolicy = {
  [DEST_ATTRIBUTE.address]: { atMost: ADDRESS_LENGTH },
  [DEST_ATTRIBUTE.port]: "u16",
  [DEST_ATTRIBUTE.method]: "u32",
  [DEST_ATTRIBUTE.weight]: "u32",
  [DEST_ATTRIBUTE.upperThreshold]: "u32",
  [DEST_ATTRIBUTE.lowerThreshold]: "u32",
  [DEST_ATTRIBUTE.activeConnections]: "u32",
  [DEST_ATTRIBUTE.inactiveConnections]: "u32",
  [DEST_ATTRIBUTE.persistentConnections]: "u32",
  [DEST_ATTRIBUTE.stats]: "nested",
  [DEST_ATTRIBUTE.family]: "u16",
  [DEST_ATTRIBUTE.stats64]: "nested",
  [DEST_ATTRIBUTE.tunnelType]: "u8",
  [DEST_ATTRIBUTE.tunnelPort]: "u16",
  [DEST_ATTRIBUTE.tunnelFlags]: "u16",
};

/**
 * Returns the attributes of the destination in a message.
 *
 * @throws IpvsError EINVAL when there is none, when it is malformed, or lacks address or port
 */
export function destinationAttributes(message: Attributes): Attributes {
  const destination = message.nested(IPVS_ATTRIBUTE.dest, POLICY);
  if (!destination.has(DEST_ATTRIBUTE.address, DEST_ATTRIBUTE.port)) {
    throw new IpvsError("EINVAL", "The message lacks the address or the port of the destination");
  }
  return destination;
}

/**
 * Returns what identifies the destination, of attributes from `destinationAttributes`.
 *
 * @param family that of the service, for a destination that names none
 * @throws IpvsError EAFNOSUPPORT when it names one that is neither IPv4's nor IPv6's
 */
export function readDestinationId(destination: Attributes, family: Family): DestinationId {
  const number = destination.u16(DEST_ATTRIBUTE.family) ?? 0;
  const own = number === 0 ? family : familyOfNumber(number);
  const address = destination.padded(DEST_ATTRIBUTE.address, ADDRESS_LENGTH);
  const port = destination.u16Net(DEST_ATTRIBUTE.port);
  return {
    address: addressOfValue(own, present(address, "address of the destination")),
    port: present(port, "port of the destination"),
  };
}

/**
 * Returns what the destination is told to be. The weight may be negative, which nothing here judges.
 *
 * The kernel stores methods 5 to 7 and then can send nothing; they are refused here.
 *
 * @throws IpvsError EINVAL when something is missing, or the method is unknown
 */
export function readDestinationConfig(destination: Attributes): DestinationConfig {
  const number = present(destination.u32(DEST_ATTRIBUTE.method), "forwarding method") & METHOD_MASK;
  const config = configuration(destination, "masquerade");
  const method = FORWARDING_METHODS[number];
  if (method === undefined) {
    throw new IpvsError("EINVAL", `Unknown forwarding method ${number}: must be 0–4`);
  }
  return { ...config, method };
}

/**
 * Returns a destination as it is listed.
 *
 * @param family that of the service, for a kernel too old to name the destination's
 * @throws IpvsError EINVAL or EAFNOSUPPORT when that is not what the attributes hold
 */
export function readDestinationStatus(destination: Attributes, family: Family): DestinationStatus {
  const number = destination.u32(DEST_ATTRIBUTE.method) ?? 0;
  // A listing shows a method nobody knows as masquerading.
  const method = FORWARDING_METHODS[number & METHOD_MASK] ?? "masquerade";
  return {
    id: readDestinationId(destination, family),
    config: configuration(destination, method),
    activeConnections: destination.u32(DEST_ATTRIBUTE.activeConnections) ?? 0,
    inactiveConnections: destination.u32(DEST_ATTRIBUTE.inactiveConnections) ?? 0,
    persistentConnections: destination.u32(DEST_ATTRIBUTE.persistentConnections) ?? 0,
    stats: readStats(destination, DEST_ATTRIBUTE),
  };
}

function configuration(destination: Attributes, method: ForwardingMethod): DestinationConfig {
  const { weight, upperThreshold, lowerThreshold } = DEST_ATTRIBUTE;
  return {
    method,
    weight: present(destination.s32(weight), "weight of the destination"),
    upperThreshold: present(destination.u32(upperThreshold), "upper threshold"),
    lowerThreshold: present(destination.u32(lowerThreshold), "lower threshold"),
    tunnelType: destination.u8(DEST_ATTRIBUTE.tunnelType) ?? 0,
    tunnelPort: destination.u16Net(DEST_ATTRIBUTE.tunnelPort) ?? 0,
    tunnelFlags: destination.u16(DEST_ATTRIBUTE.tunnelFlags) ?? 0,
  };
}

/** Writes the destination a command is about. */
export function writeDestinationId(writer: MessageWriter, id: DestinationId): void {
  writer.nest(IPVS_ATTRIBUTE.dest, () => {
    identity(writer, id);
    writer.u16(DEST_ATTRIBUTE.family, familyNumber(id.address.family));
  });
}

/** Writes a destination with what it is to be. */
export function writeDestination(
  writer: MessageWriter,
  id: DestinationId,
  config: DestinationConfig,
): void {
  writer.nest(IPVS_ATTRIBUTE.dest, () => {
    identity(writer, id);
    told(writer, config);
    writer.u16(DEST_ATTRIBUTE.family, familyNumber(id.address.family));
  });
}

/** Writes a destination as it is listed. */
export function writeDestinationStatus(writer: MessageWriter, status: DestinationStatus): void {
  writer.nest(IPVS_ATTRIBUTE.dest, () => {
    identity(writer, status.id);
    told(writer, status.config);
    writer
      .u32(DEST_ATTRIBUTE.activeConnections, status.activeConnections)
      .u32(DEST_ATTRIBUTE.inactiveConnections, status.inactiveConnections)
      .u32(DEST_ATTRIBUTE.persistentConnections, status.persistentConnections)
      .u16(DEST_ATTRIBUTE.family, familyNumber(status.id.address.family));
    writeStats(writer, DEST_ATTRIBUTE, status.stats);
  });
}

function identity(writer: MessageWriter, id: DestinationId): void {
  writer
    .bytes(DEST_ATTRIBUTE.address, addressValue(id.address))
    .u16Net(DEST_ATTRIBUTE.port, id.port);
}

function told(writer: MessageWriter, config: DestinationConfig): void {
  writer
    .u32(DEST_ATTRIBUTE.method, FORWARDING_METHODS.indexOf(config.method))
    .u32(DEST_ATTRIBUTE.weight, config.weight)
    .u8(DEST_ATTRIBUTE.tunnelType, config.tunnelType)
    .u16Net(DEST_ATTRIBUTE.tunnelPort, config.tunnelPort)
    .u16(DEST_ATTRIBUTE.tunnelFlags, config.tunnelFlags)
    .u32(DEST_ATTRIBUTE.upperThreshold, config.upperThreshold)
    .u32(DEST_ATTRIBUTE.lowerThreshold, config.lowerThreshold);
}
