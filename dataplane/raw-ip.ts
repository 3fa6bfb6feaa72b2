/**
 * Sends packets through raw IP sockets, as the kernel's IPVS sends them from this host.
 *
 * The next hop decides the route and the packet stays as it is: direct routing is a packet to the
 * virtual address sent to the real server. A packet larger than the interface takes is refused by the
 * socket (EMSGSIZE); if it may be cut, it is cut here to the size of its route, as the host's own output
 * would have done. The checksum of the IPv4 header is the kernel's to fill in.
 *
 * Works in worker threads.
 *
 * Source: raw(7); RFC 791 §2.3.
 *
 * @module
 */
import type { Host } from "../src/engine/host.ts";
import type { Frame } from "../src/wire/frame.ts";
import * as ipv4 from "../src/wire/ipv4.ts";
import { Ipv4Fragmenter } from "../src/wire/ipv4-fragmenter.ts";
import type { Device, DeviceCapabilities, NextHop } from "./device.ts";
import { Drops } from "./drops.ts";
import { FramePointers } from "./sys/frame-pointers.ts";
import { EMSGSIZE, openLibc, type Pointer } from "./sys/libc.ts";
import { RawSocket } from "./sys/raw-socket.ts";
import { errorName, SystemError } from "./sys/system-error.ts";

/** A device that only sends, to any next hop. */
export class RawIpDevice implements Device {
  readonly name = "raw";
  readonly capabilities: DeviceCapabilities = {
    receive: false,
    transmit: true,
    nextHop: true,
    forwarded: false,
  };
  readonly #routes: Pick<Host, "route">;
  readonly #sockets: Readonly<Record<4 | 6, RawSocket | undefined>>;
  readonly #pointers: FramePointers;
  readonly #drops = new Drops();
  readonly #fragmenter = new Ipv4Fragmenter();
  readonly #fragment: Pointer;

  /**
   * @param routes tells the size packets are cut to; asked only for packets that are too large
   * @throws SystemError without the capability CAP_NET_RAW; Error without koffi
   */
  constructor(routes: Pick<Host, "route">) {
    const libc = openLibc("Cannot open a raw IP socket");
    this.#routes = routes;
    this.#sockets = { 4: new RawSocket(4), 6: openIpv6() };
    this.#pointers = new FramePointers(libc);
    this.#fragment = libc.addressOf(this.#fragmenter.bytes);
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#drops.counts;
  }

  receive(_batch: readonly Frame[]): number {
    return 0;
  }

  transmit(frame: Frame, nextHop: NextHop): boolean {
    const socket = this.#sockets[nextHop.family];
    if (socket === undefined) return this.#drop("EAFNOSUPPORT");
    const packet = this.#pointers.of(frame) + frame.start;
    const errno = socket.send(packet, frame.length, nextHop.address);
    if (errno === 0) return true;
    if (errno === EMSGSIZE && isCuttable(frame)) return this.#transmitCut(frame, nextHop, socket);
    return this.#drop(errorName(errno));
  }

  close(): void {
    this.#sockets[4]?.close();
    this.#sockets[6]?.close();
  }

  #transmitCut(frame: Frame, nextHop: NextHop, socket: RawSocket): boolean {
    const mtu = this.#routes.route(nextHop.family, nextHop.address)?.mtu ?? 0;
    let errno = EMSGSIZE;
    const sent = this.#fragmenter.cut(frame.view, frame.start, mtu, (length) => {
      errno = socket.send(this.#fragment, length, nextHop.address);
      return errno === 0;
    });
    return sent || this.#drop(errorName(errno));
  }

  #drop(reason: string): false {
    this.#drops.add(reason);
    return false;
  }
}

function isCuttable(frame: Frame): boolean {
  const { view, start, end } = frame;
  return ipv4.isWhole(view, start, end) && !ipv4.dontFragment(view, start);
}

/** Returns a socket for IPv6, or `undefined` on a host without IPv6. */
function openIpv6(): RawSocket | undefined {
  try {
    return new RawSocket(6);
  } catch (error) {
    if (error instanceof SystemError && error.code === "EAFNOSUPPORT") return undefined;
    throw error;
  }
}
