/**
 * Opens raw IP sockets and sends whole packets through them, headers included.
 *
 * The address given with a packet, not the one in its header, decides its route: so a packet can go to
 * another host than it is addressed to and yet leave unchanged.
 *
 * Source: raw(7), ipv6(7).
 *
 * @module
 */
import type { AddressWords, Family } from "../../src/net/address.ts";
import {
  AF_INET,
  AF_INET6,
  type Libc,
  MSG_DONTWAIT,
  openLibc,
  type Pointer,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
} from "./libc.ts";
import { systemError } from "./system-error.ts";

/** linux/in.h; such a socket receives nothing, and its packets bring their header. */
const IPPROTO_RAW = 255;
/** Room for packets the interfaces have not taken yet, in bytes. */
const SEND_BUFFER = 4 << 20;

/** A socket of one family that sends packets as they are. */
export class RawSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #family: Family;
  /** struct sockaddr_in (16 bytes) or sockaddr_in6 (28). */
  readonly #address: Uint8Array;
  readonly #addressView: DataView;
  #open = true;

  /**
   * @throws SystemError without the capability CAP_NET_RAW, or when the kernel lacks the family; Error
   *   without koffi
   */
  constructor(family: Family) {
    const action = `Cannot open a raw IPv${family} socket`;
    const libc = openLibc(action);
    const domain = family === 4 ? AF_INET : AF_INET6;
    const fd = libc.socket(domain, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
    if (fd < 0) {
      throw systemError("socket", libc.errno(), action, {
        EPERM: "needs the capability CAP_NET_RAW in this network namespace",
        EAFNOSUPPORT: `the kernel has no IPv${family}`,
      });
    }
    this.#libc = libc;
    this.#fd = fd;
    this.#family = family;
    this.#address = new Uint8Array(family === 4 ? 16 : 28);
    this.#addressView = new DataView(this.#address.buffer);
    this.#addressView.setUint16(0, domain, true);
    const size = new Uint8Array(4);
    new DataView(size.buffer).setInt32(0, SEND_BUFFER, true);
    // The kernel cuts a size above net.core.wmem_max down to that, which is as good.
    libc.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, size, size.length);
  }

  /**
   * Sends one packet to `nextHop`, of the socket's family.
   *
   * @param packet address of the packet's first byte
   * @param length bytes of the packet
   * @returns 0, or the positive error number
   */
  send(packet: Pointer, length: number, nextHop: Readonly<AddressWords>): number {
    const view = this.#addressView;
    if (this.#family === 4) view.setUint32(4, nextHop[0]!);
    else for (let word = 0; word < 4; word++) view.setUint32(8 + 4 * word, nextHop[word]!);
    const address = this.#address;
    const sent = this.#libc.sendto(this.#fd, packet, length, MSG_DONTWAIT, address, address.length);
    return sent < 0 ? this.#libc.errno() : 0;
  }

  /** Closes the socket. Calling it again does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.close(this.#fd);
  }
}
