/**
 * Services in messages of the family `IPVS`, in the kernel's order of attributes.
 *
 * Source: linux/ip_vs.h `IPVS_SVC_ATTR_*`, `struct ip_vs_flags`.
 *
 * @module
 */

import { type Family, UNSPECIFIED } from "../net/address.ts";
import { TCP } from "../net/protocol.ts";
import {
  ADDRESS_LENGTH,
  addressOfValue,
  addressValue,
  familyNumber,
  familyOfNumber,
  IPVS_ATTRIBUTE,
} from "./ipvs-genl.ts";
import { readStats, writeStats } from "./ipvs-genl-stats.ts";
import type { ServiceConfig, ServiceId, ServiceStatus } from "./ipvs-objects.ts";
import { viewOf } from "./netlink.ts";
import { type AttributePolicy, type Attributes, present } from "./netlink-attributes.ts";
import type { MessageWriter } from "./netlink-writer.ts";

/** Attributes inside `IPVS_ATTRIBUTE.service`. */
export const SERVICE_ATTRIBUTE = {
  family: 1,
  protocol: 2,
  address: 3,
  port: 4,
  fwmark: 5,
  scheduler: 6,
  flags: 7,
  timeout: 8,
  netmask: 9,
  stats: 10,
  persistenceEngine: 11,
  stats64: 12,
} as const;

/** Bytes of the flags: the flags, and which of them are meant. */
const FLAGS_LENGTH = 8;

const ALL_FLAGS = 0xffffffff;

const POLICY: AttributePolicy = {
  [SERVICE_ATTRIBUTE.family]: "u16",
  [SERVICE_ATTRIBUTE.protocol]: "u16",
  [SERVICE_ATTRIBUTE.address]: { atMost: ADDRESS_LENGTH },
  [SERVICE_ATTRIBUTE.port]: "u16",
  [SERVICE_ATTRIBUTE.fwmark]: "u32",
  [SERVICE_ATTRIBUTE.scheduler]: { text: 15 },
  [SERVICE_ATTRIBUTE.flags]: { atMost: FLAGS_LENGTH },
  [SERVICE_ATTRIBUTE.timeout]: "u32",
  [SERVICE_ATTRIBUTE.netmask]: "u32",
  [SERVICE_ATTRIBUTE.stats]: "nested",
  [SERVICE_ATTRIBUTE.persistenceEngine]: { text: 16 },
  [SERVICE_ATTRIBUTE.stats64]: "nested",
};

/**
 * Returns the attributes of the service in a message.
 *
 * @throws IpvsError EINVAL when there is none, or it is malformed
 */
export function serviceAttributes(message: Attributes): Attributes {
  return message.nested(IPVS_ATTRIBUTE.service, POLICY);
}

/**
 * Returns what identifies the service.
 *
 * A firewall mark goes before all else, also one of 0, which stands for TCP port 0 at the unspecified
 * address.
 *
 * @throws IpvsError EINVAL when something is missing, EAFNOSUPPORT when the family is neither 4 nor 6
 */
export function readServiceId(service: Attributes): ServiceId {
  const number = present(service.u16(SERVICE_ATTRIBUTE.family), "address family of the service");
  const fwmark = service.u32(SERVICE_ATTRIBUTE.fwmark);
  if (fwmark !== undefined) {
    const family = familyOfNumber(number);
    const protocol = fwmark === 0 ? TCP : 0;
    return { family, protocol, address: UNSPECIFIED[family], port: 0, fwmark };
  }
  const protocol = present(service.u16(SERVICE_ATTRIBUTE.protocol), "protocol of the service");
  const address = present(
    service.padded(SERVICE_ATTRIBUTE.address, ADDRESS_LENGTH),
    "address of the service",
  );
  const port = present(service.u16Net(SERVICE_ATTRIBUTE.port), "port of the service");
  const family = familyOfNumber(number);
  return { family, protocol, address: addressOfValue(family, address), port, fwmark: 0 };
}

/**
 * Returns what the service is told to be.
 *
 * @param flags those it has now, kept where the message means others; 0 for a new one
 * @throws IpvsError EINVAL when something is missing
 */
export function readServiceConfig(
  service: Attributes,
  family: Family,
  flags: number,
): ServiceConfig {
  const meant = viewOf(
    present(service.padded(SERVICE_ATTRIBUTE.flags, FLAGS_LENGTH), "flags of the service"),
  );
  const mask = meant.getUint32(4, true);
  const netmask =
    family === 4
      ? service.u32Net(SERVICE_ATTRIBUTE.netmask)
      : service.u32(SERVICE_ATTRIBUTE.netmask);
  return {
    scheduler: present(service.text(SERVICE_ATTRIBUTE.scheduler), "scheduler of the service"),
    flags: ((flags & ~mask) | (meant.getUint32(0, true) & mask)) >>> 0,
    timeout: present(service.u32(SERVICE_ATTRIBUTE.timeout), "timeout of the service"),
    netmask: present(netmask, "netmask of the service"),
    // An empty name is the same as none.
    persistenceEngine: service.text(SERVICE_ATTRIBUTE.persistenceEngine) || undefined,
  };
}

/**
 * Returns a service as it is listed.
 *
 * @throws IpvsError EINVAL or EAFNOSUPPORT when that is not what the attributes hold
 */
export function readServiceStatus(service: Attributes): ServiceStatus {
  const id = readServiceId(service);
  return {
    id,
    config: readServiceConfig(service, id.family, 0),
    stats: readStats(service, SERVICE_ATTRIBUTE),
  };
}

/** Writes the service a command is about. */
export function writeServiceId(writer: MessageWriter, id: ServiceId): void {
  writer.nest(IPVS_ATTRIBUTE.service, () => identity(writer, id));
}

/** Writes a service with what it is to be. */
export function writeService(writer: MessageWriter, id: ServiceId, config: ServiceConfig): void {
  writer.nest(IPVS_ATTRIBUTE.service, () => {
    identity(writer, id);
    configuration(writer, id, config);
  });
}

/** Writes a service as it is listed. */
export function writeServiceStatus(writer: MessageWriter, status: ServiceStatus): void {
  writer.nest(IPVS_ATTRIBUTE.service, () => {
    identity(writer, status.id);
    configuration(writer, status.id, status.config);
    writeStats(writer, SERVICE_ATTRIBUTE, status.stats);
  });
}

function identity(writer: MessageWriter, id: ServiceId): void {
  writer.u16(SERVICE_ATTRIBUTE.family, familyNumber(id.family));
  if (id.fwmark !== 0) {
    writer.u32(SERVICE_ATTRIBUTE.fwmark, id.fwmark);
    return;
  }
  writer
    .u16(SERVICE_ATTRIBUTE.protocol, id.protocol)
    .bytes(SERVICE_ATTRIBUTE.address, addressValue(id.address))
    .u16Net(SERVICE_ATTRIBUTE.port, id.port);
}

function configuration(writer: MessageWriter, id: ServiceId, config: ServiceConfig): void {
  writer.text(SERVICE_ATTRIBUTE.scheduler, config.scheduler);
  if (config.persistenceEngine) {
    writer.text(SERVICE_ATTRIBUTE.persistenceEngine, config.persistenceEngine);
  }
  const flags = new Uint8Array(FLAGS_LENGTH);
  viewOf(flags).setUint32(0, config.flags, true);
  viewOf(flags).setUint32(4, ALL_FLAGS, true);
  writer.bytes(SERVICE_ATTRIBUTE.flags, flags).u32(SERVICE_ATTRIBUTE.timeout, config.timeout);
  if (id.family === 4) writer.u32Net(SERVICE_ATTRIBUTE.netmask, config.netmask);
  else writer.u32(SERVICE_ATTRIBUTE.netmask, config.netmask);
}
