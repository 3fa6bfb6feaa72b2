/**
 * Opens TUN and TAP interfaces: network interfaces whose packets, or Ethernet frames, a process reads and
 * writes.
 *
 * Source: linux/if_tun.h; Documentation/networking/tuntap.rst.
 *
 * @module
 */
import { O_CLOEXEC, O_NONBLOCK, O_RDWR, openLibc } from "./libc.ts";
import { systemError } from "./system-error.ts";

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
