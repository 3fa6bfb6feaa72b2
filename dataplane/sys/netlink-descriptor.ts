/**
 * Opens netlink sockets, whatever is then said on them.
 *
 * Source: netlink(7); linux/netlink.h.
 *
 * @module
 */
import { viewOf } from "../../src/wire/netlink.ts";
import { AF_NETLINK, type Libc, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from "./libc.ts";
import { systemError } from "./system-error.ts";

/** Protocols of the kernel. Source: linux/netlink.h. */
export const NETLINK_PROTOCOL = { route: 0, netfilter: 12, generic: 16 } as const;

/** linux/socket.h `SOL_NETLINK` and the options of linux/netlink.h */
export const SOL_NETLINK = 270;
export const NETLINK_EXT_ACK = 11;
export const NETLINK_GET_STRICT_CHK = 12;

/** A list that changed while it was read. Source: linux/netlink.h `NLM_F_DUMP_INTR`. */
export const DUMP_INTERRUPTED = 0x10;

/** Room for one answer: the kernel fills at most 32 kB of it. */
export const RECEIVE_BUFFER = 65536;

/**
 * Opens a socket that never waits, at a port the kernel chooses.
 *
 * @param groups multicast groups to listen to, a sum of bits; 0 for none
 * @param action what fails if this fails, the beginning of the error
 * @returns its descriptor
 * @throws SystemError when the kernel refuses
 */
export function openNetlink(libc: Libc, protocol: number, groups: number, action: string): number {
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (fd < 0) throw systemError("socket", libc.errno(), action);
  // struct sockaddr_nl: family, padding, port (0: the kernel chooses), groups
  const address = new Uint8Array(12);
  const view = viewOf(address);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(8, groups, true);
  if (libc.bind(fd, address, address.length) < 0) {
    const errno = libc.errno();
    libc.close(fd);
    throw systemError("bind", errno, action);
  }
  return fd;
}

/** Sets an option whose value is a number; one the kernel does not know stays as it is. */
export function setOption(
  libc: Libc,
  fd: number,
  level: number,
  name: number,
  value: number,
): void {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setInt32(0, value, true);
  libc.setsockopt(fd, level, name, bytes, bytes.length);
}
