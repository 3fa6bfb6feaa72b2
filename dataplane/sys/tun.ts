/**
 * Opens TUN and TAP interfaces: network interfaces whose packets, or Ethernet frames, a process reads and
 * writes.
 *
 * Source: linux/if_tun.h; Documentation/networking/tuntap.rst.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { O_CLOEXEC, O_NONBLOCK, O_RDWR, openLibc } from "./libc.ts";
import { errorName, systemError } from "./system-error.ts";

const DEVICE = "/dev/net/tun";

/** linux/if_tun.h `TUNSETIFF`: _IOW('T', 202, int) */
const TUNSETIFF = 0x400454ca;
/**
 * linux/if_tun.h: packets of IP without link header, or Ethernet frames; no packet information; refuse a
 * name in use.
 */
const IFF_TUN = 0x0001;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFF_TUN_EXCL = 0x8000;
/** linux/if_tun.h: what is left to do for a packet stands before it; see src/wire/virtio-net.ts. */
const IFF_VNET_HDR = 0x4000;
/** linux/if_tun.h `TUNSETOFFLOAD`: _IOW('T', 208, unsigned int), by value. */
const TUNSETOFFLOAD = 0x400454d0;
/** linux/if_tun.h `TUN_F_*`: checksums, TCP of both families and with ECN; UDP of both since Linux 6.2. */
const TCP_OFFLOADS = 0x01 | 0x02 | 0x04 | 0x08;
const UDP_OFFLOADS = 0x20 | 0x40;
/** linux/if.h `IFNAMSIZ`: longest name, its NUL included. */
const IFNAMSIZ = 16;
/** Length of struct ifreq. */
const IFREQ = 40;

/**
 * Opens a new TUN interface, which lives as long as the descriptor returned.
 *
 * Reading never blocks. The interface is down, without addresses.
 *
 * @param name 1–15 bytes
 * @throws SystemError when the device or a privilege is missing or the name is taken; RangeError when
 *   the name is empty or too long; Error without koffi
 */
export function openTun(name: string): number {
  return open(name, IFF_TUN, "TUN");
}

/**
 * Opens a new TUN interface as `openTun` does; what is left to do for a packet stands before it, where it is
 * read and where it is written.
 *
 * @param offload whether packets are read with work left to do
 */
export function openTunWithHeader(name: string, offload: boolean): number {
  const fd = open(name, IFF_TUN | IFF_VNET_HDR, "TUN");
  const libc = openLibc("");
  if (offload && libc.ioctl(fd, TUNSETOFFLOAD, TCP_OFFLOADS | UDP_OFFLOADS) < 0) {
    // Without it, the host does that work itself.
    libc.ioctl(fd, TUNSETOFFLOAD, TCP_OFFLOADS);
  }
  return fd;
}

/** Bit of the effective capabilities. Source: linux/capability.h `CAP_NET_ADMIN`. */
const CAP_NET_ADMIN = 1n << 12n;

/** Returns half a sentence that says why there can be no TUN interface here, or `undefined` where there may be. */
export function lackOfTun(): string | undefined {
  const libc = openLibc(`Cannot look for ${DEVICE}`);
  const fd = libc.open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return `${DEVICE} cannot be opened (${errorName(libc.errno())})`;
  libc.close(fd);
  const status = readFileSync("/proc/self/status", "latin1");
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  if ((BigInt(`0x${effective}`) & CAP_NET_ADMIN) !== 0n) return undefined;
  return "this process lacks the capability CAP_NET_ADMIN";
}

/** Opens a new TAP interface, as `openTun` does; what is read and written are whole Ethernet frames. */
export function openTap(name: string): number {
  return open(name, IFF_TAP, "TAP");
}

function open(name: string, mode: number, kind: string): number {
  const action = `Cannot open ${kind} interface "${name}"`;
  const bytes = Buffer.from(name);
  if (bytes.length === 0 || bytes.length >= IFNAMSIZ) {
    throw new RangeError(`${action}: a name has 1–${IFNAMSIZ - 1} bytes`);
  }
  const libc = openLibc(action);
  const fd = libc.open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    throw systemError("open", libc.errno(), action, {
      ENOENT: `${DEVICE} does not exist; load the kernel module "tun"`,
      ENODEV: `${DEVICE} has no driver; load the kernel module "tun"`,
      ENXIO: `${DEVICE} has no driver; load the kernel module "tun"`,
      EACCES: `${DEVICE} may not be opened by this user`,
      EPERM: `${DEVICE} may not be used in this container`,
    });
  }
  const request = new Uint8Array(IFREQ);
  request.set(bytes);
  new DataView(request.buffer).setUint16(IFNAMSIZ, mode | IFF_NO_PI | IFF_TUN_EXCL, true);
  if (libc.ioctl(fd, TUNSETIFF, request) < 0) {
    const errno = libc.errno();
    libc.close(fd);
    throw systemError("ioctl", errno, action, {
      EPERM: "needs the capability CAP_NET_ADMIN in this network namespace",
      EBUSY: "an interface of this name exists",
      EINVAL: "the name is not one an interface can have, or an interface of another kind has it",
    });
  }
  return fd;
}
