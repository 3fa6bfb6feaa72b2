/**
 * Opens sockets that hear the ICMP errors addressed to this host: a copy each, as the host takes them in
 * as well.
 *
 * An IPv4 socket gets whole packets, put together where they came in fragments. An IPv6 socket gets what
 * is behind the headers; source, destination and hop limit come beside it, and the fixed header is made of
 * them, without class and label.
 *
 *     struct msghdr (64 bits)                      struct cmsghdr
 *     0  address    8  its length                  0  length, this header included
 *     16 buffers   24  their number                8  level
 *     32 controls  40  their length   48  flags    12 type       16 data
 *
 * Source: raw(7), icmp(7), ipv6(7), recvmsg(2); RFC 3542 §3.2, §6; linux/icmp.h `ICMP_FILTER`,
 * linux/icmpv6.h `ICMPV6_FILTER`, both of which name what to keep out.
 *
 * @module
 */
import type { Family } from "../../src/net/address.ts";
import { ICMP, ICMPV6 } from "../../src/net/protocol.ts";
import { type Frame, HEADROOM } from "../../src/wire/frame.ts";
import * as icmpv4 from "../../src/wire/icmpv4.ts";
import * as ipv6 from "../../src/wire/ipv6.ts";
import { FramePointers } from "./frame-pointers.ts";
import {
  AF_INET,
  AF_INET6,
  type Libc,
  MSG_DONTWAIT,
  openLibc,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
} from "./libc.ts";
import { systemError } from "./system-error.ts";

/** linux/socket.h */
const SOL_IPV6 = 41;
const SOL_ICMPV6 = 58;
const SOL_RAW = 255;
/** linux/icmp.h, linux/icmpv6.h */
const ICMP_FILTER = 1;
const ICMPV6_FILTER = 1;
/** linux/in6.h */
const IPV6_RECVPKTINFO = 49;
const IPV6_PKTINFO = 50;
const IPV6_RECVHOPLIMIT = 51;
const IPV6_HOPLIMIT = 52;

/** Bytes of struct sockaddr_in6, and where the address is in it. */
const SOCKADDR_IN6 = 28;
const SIN6_ADDR = 8;
/** Room for what comes beside a packet, and the length of its parts' headers. */
const CONTROLS = 128;
const CONTROL_HEADER = 16;
/** Bytes of struct msghdr and struct iovec. */
const MSGHDR = 56;
const IOVEC = 16;

/** The types of IPv4 errors that are about connections. */
const IPV4_ERRORS = [icmpv4.UNREACHABLE, icmpv4.SOURCE_QUENCH, icmpv4.TIME_EXCEEDED];

/** Hears the errors of one family. */
export class IcmpSocket {
  /** File descriptor, for waiting; readable when an error waits. */
  readonly fd: number;
  readonly #libc: Libc;
  readonly #pointers: FramePointers;
  readonly #family: Family;
  readonly #sender = new Uint8Array(SOCKADDR_IN6);
  readonly #senderView = new DataView(this.#sender.buffer);
  readonly #buffers = new DataView(new ArrayBuffer(IOVEC));
  readonly #controls = new DataView(new ArrayBuffer(CONTROLS));
  readonly #message = new Uint8Array(MSGHDR);
  readonly #messageView = new DataView(this.#message.buffer);
  readonly #address = new Uint32Array(4);
  #open = true;

  /**
   * @throws SystemError without the capability CAP_NET_RAW, or when the kernel lacks the family; Error
   *   without koffi
   */
  constructor(family: Family) {
    const action = `Cannot listen for ICMP errors of IPv${family}`;
    const libc = openLibc(action);
    const [domain, protocol] = family === 4 ? [AF_INET, ICMP] : [AF_INET6, ICMPV6];
    this.#libc = libc;
    this.#pointers = new FramePointers(libc);
    this.#family = family;
    this.fd = libc.socket(domain, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (this.fd < 0) {
      throw systemError("socket", libc.errno(), action, {
        EPERM: "needs the capability CAP_NET_RAW in this network namespace",
        EAFNOSUPPORT: `the kernel has no IPv${family}`,
      });
    }
    if (family === 4) this.#set(SOL_RAW, ICMP_FILTER, allBut(IPV4_ERRORS));
    else this.#prepareIpv6();
  }

  /** Fills the frame with the next packet; `false` when none waits. */
  receive(frame: Frame): boolean {
    frame.reset();
    return this.#family === 4 ? this.#receiveIpv4(frame) : this.#receiveIpv6(frame);
  }

  /** Closes the socket. Calling it again does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.close(this.fd);
  }

  #receiveIpv4(frame: Frame): boolean {
    const room = frame.bytes.length - HEADROOM;
    const packet = this.#pointers.of(frame) + HEADROOM;
    const length = this.#libc.recv(this.fd, packet, room, MSG_DONTWAIT);
    if (length < 0) return false;
    frame.end = frame.start + length;
    return true;
  }

  #receiveIpv6(frame: Frame): boolean {
    const at = frame.start;
    const message = at + ipv6.HEADER_LENGTH;
    this.#setPointer(this.#buffers, 0, this.#pointers.of(frame) + message);
    this.#buffers.setUint32(8, frame.bytes.length - message, true);
    // The call has written to these.
    this.#messageView.setUint32(8, SOCKADDR_IN6, true);
    this.#messageView.setUint32(40, CONTROLS, true);
    const length = this.#libc.recvmsg(this.fd, this.#message, MSG_DONTWAIT);
    if (length < 0) return false;
    frame.end = message + length;
    const { view } = frame;
    ipv6.setClassAndLabel(view, at, 0, 0);
    ipv6.setPayloadLength(view, at, length);
    ipv6.setNextHeader(view, at, ICMPV6);
    this.#readAddress(this.#senderView, SIN6_ADDR);
    ipv6.setSrc(view, at, this.#address);
    this.#readControls(frame);
    return true;
  }

  #readControls({ view, start }: Frame): void {
    const controls = this.#controls;
    const end = this.#messageView.getUint32(40, true);
    for (let at = 0; at + CONTROL_HEADER <= end; ) {
      const length = controls.getUint32(at, true);
      if (length < CONTROL_HEADER) return;
      const type = controls.getInt32(at + 12, true);
      if (type === IPV6_HOPLIMIT) {
        ipv6.setHopLimit(view, start, controls.getInt32(at + CONTROL_HEADER, true) & 0xff);
      } else if (type === IPV6_PKTINFO) {
        this.#readAddress(controls, at + CONTROL_HEADER);
        ipv6.setDst(view, start, this.#address);
      }
      at += (length + 7) & ~7;
    }
  }

  #readAddress(view: DataView, at: number): void {
    for (let word = 0; word < 4; word++) this.#address[word] = view.getUint32(at + 4 * word);
  }

  #prepareIpv6(): void {
    const filter = new Uint8Array(32);
    // Types from 128 on inform.
    filter.fill(0xff, 16);
    this.#set(SOL_ICMPV6, ICMPV6_FILTER, filter);
    const on = Uint8Array.of(1, 0, 0, 0);
    this.#set(SOL_IPV6, IPV6_RECVPKTINFO, on);
    this.#set(SOL_IPV6, IPV6_RECVHOPLIMIT, on);
    const pointerTo = (view: DataView) => this.#libc.addressOf(new Uint8Array(view.buffer));
    this.#setPointer(this.#messageView, 0, pointerTo(this.#senderView));
    this.#setPointer(this.#messageView, 16, pointerTo(this.#buffers));
    this.#messageView.setUint32(24, 1, true);
    this.#setPointer(this.#messageView, 32, pointerTo(this.#controls));
  }

  #set(level: number, name: number, value: Uint8Array): void {
    if (this.#libc.setsockopt(this.fd, level, name, value, value.length) === 0) return;
    const errno = this.#libc.errno();
    this.close();
    throw systemError("setsockopt", errno, "Cannot choose which ICMP messages to hear");
  }

  #setPointer(view: DataView, at: number, pointer: number): void {
    view.setUint32(at, pointer >>> 0, true);
    view.setUint32(at + 4, Math.floor(pointer / 2 ** 32), true);
  }
}

/** Returns an ICMP_FILTER that keeps out all types but these. */
function allBut(types: readonly number[]): Uint8Array {
  const bits = types.reduce((filter, type) => filter & ~(1 << type), -1);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, bits, true);
  return bytes;
}
