/**
 * Synchronisation daemons in messages of the family `IPVS`, in the kernel's order of attributes.
 *
 * Source: linux/ip_vs.h `IPVS_DAEMON_ATTR_*`, `IP_VS_STATE_*`.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import { type Address, addressBytes, addressFromBytes } from "../net/address.ts";
import { IPVS_ATTRIBUTE } from "./ipvs-genl.ts";
import type { DaemonConfig, DaemonRole } from "./ipvs-objects.ts";
import { type AttributePolicy, type Attributes, present } from "./netlink-attributes.ts";
import type { MessageWriter } from "./netlink-writer.ts";

/** Attributes inside `IPVS_ATTRIBUTE.daemon`. */
export const DAEMON_ATTRIBUTE = {
  state: 1,
  interfaceName: 2,
  syncId: 3,
  maxLength: 4,
  group: 5,
  group6: 6,
  port: 7,
  ttl: 8,
} as const;

const POLICY: AttributePolicy = {
  [DAEMON_ATTRIBUTE.state]: "u32",
  [DAEMON_ATTRIBUTE.interfaceName]: { text: 15 },
  [DAEMON_ATTRIBUTE.syncId]: "u32",
  [DAEMON_ATTRIBUTE.maxLength]: "u16",
  [DAEMON_ATTRIBUTE.group]: { atLeast: 4 },
  [DAEMON_ATTRIBUTE.group6]: { atLeast: 16 },
  [DAEMON_ATTRIBUTE.port]: "u16",
  [DAEMON_ATTRIBUTE.ttl]: "u8",
};

/** Roles by their number on the wire less 1. */
const ROLES: readonly DaemonRole[] = ["master", "backup"];

/**
 * Returns the attributes of the daemon in a message.
 *
 * @throws IpvsError EINVAL when there is none, or it is malformed
 */
export function daemonAttributes(message: Attributes): Attributes {
  return message.nested(IPVS_ATTRIBUTE.daemon, POLICY);
}

/**
 * Returns which part the daemon plays.
 *
 * @throws IpvsError EINVAL when that is missing or unknown
 */
export function readDaemonRole(daemon: Attributes): DaemonRole {
  const state = present(daemon.u32(DAEMON_ATTRIBUTE.state), "state of the daemon");
  const role = ROLES[state - 1];
  if (role === undefined) {
    throw new IpvsError("EINVAL", `Unknown state ${state} of a daemon: must be 1 or 2`);
  }
  return role;
}

/**
 * Returns what the daemon is told to be; of two groups the IPv4 one counts.
 *
 * @throws IpvsError EINVAL when role, interface or identifier are missing, or the role is unknown
 */
export function readDaemon(daemon: Attributes): DaemonConfig {
  return {
    role: readDaemonRole(daemon),
    interfaceName: present(daemon.text(DAEMON_ATTRIBUTE.interfaceName), "interface of the daemon"),
    syncId: present(daemon.u32(DAEMON_ATTRIBUTE.syncId), "identifier of the daemon"),
    maxLength: daemon.u16(DAEMON_ATTRIBUTE.maxLength),
    group: groupOf(daemon),
    port: daemon.u16(DAEMON_ATTRIBUTE.port),
    ttl: daemon.u8(DAEMON_ATTRIBUTE.ttl),
  };
}

function groupOf(daemon: Attributes): Address | undefined {
  const bytes =
    daemon.padded(DAEMON_ATTRIBUTE.group, 4) ?? daemon.padded(DAEMON_ATTRIBUTE.group6, 16);
  return bytes && addressFromBytes(bytes);
}

/** Writes a daemon: what it is to be, or what is listed. */
export function writeDaemon(writer: MessageWriter, config: DaemonConfig): void {
  writer.nest(IPVS_ATTRIBUTE.daemon, () => {
    writer
      .u32(DAEMON_ATTRIBUTE.state, stateOf(config.role))
      .text(DAEMON_ATTRIBUTE.interfaceName, config.interfaceName)
      .u32(DAEMON_ATTRIBUTE.syncId, config.syncId);
    if (config.maxLength !== undefined) writer.u16(DAEMON_ATTRIBUTE.maxLength, config.maxLength);
    if (config.port !== undefined) writer.u16(DAEMON_ATTRIBUTE.port, config.port);
    if (config.ttl !== undefined) writer.u8(DAEMON_ATTRIBUTE.ttl, config.ttl);
    if (config.group === undefined) return;
    const number = config.group.family === 4 ? DAEMON_ATTRIBUTE.group : DAEMON_ATTRIBUTE.group6;
    writer.bytes(number, addressBytes(config.group));
  });
}

/** Writes the daemon a command is about. */
export function writeDaemonRole(writer: MessageWriter, role: DaemonRole): void {
  writer.nest(IPVS_ATTRIBUTE.daemon, () => void writer.u32(DAEMON_ATTRIBUTE.state, stateOf(role)));
}

function stateOf(role: DaemonRole): number {
  return ROLES.indexOf(role) + 1;
}
