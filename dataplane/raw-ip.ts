/**
 * Sends packets through raw IP sockets, as the kernel's IPVS sends them from this host.
 *
 * The next hop decides the route and the packet stays as it is: direct routing is a packet to the
 * virtual address sent to the real server. What has come in fragments leaves in fragments that are no
 * larger. A packet larger than the interface takes is refused by the socket (EMSGSIZE); if it may be cut,
 * it is cut here to the size of its route, as the host's own output would have done. The checksum of the
 * IPv4 header is the kernel's to fill in.
 *
 * Work left to whoever sends a packet is done here: its checksum is completed, and it is cut into segments.
 *
 * Works in worker threads.
 *
 * Source: raw(7), ipv6(7); RFC 791 §2.3; linux raw.c `rawv6_sendmsg`, whose FLOWI_FLAG_KNOWN_NH has the
 * neighbour asked for be the next hop.
 *
 * @module
 */
import type { Frame } from "../src/wire/frame.ts";
import { completeChecksum } from "../src/wire/offload.ts";
import { Segmenter } from "../src/wire/segmenter.ts";
import type { Device, DeviceCapabilities, NextHop } from "./device.ts";
import { Drops } from "./drops.ts";
import { largestPiece, mayBeCut, mtuTo, PacketCutter, type Routes } from "./packet-cutter.ts";
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
  readonly #routes: Routes;
  readonly #sockets: Readonly<Record<4 | 6, RawSocket | undefined>>;
  readonly #pointers: FramePointers;
  readonly #drops = new Drops();
  readonly #cutter = new PacketCutter();
  /** Made when first needed, as it is seldom and takes memory. */
  #segmenter: Segmenter | undefined;
  /** Where fragments stand, by the buffer they are in. */
  readonly #fragments: ReadonlyMap<Uint8Array, Pointer>;

  /**
   * @param routes tells the size packets are cut to; asked only for those that may be too large
   * @throws SystemError without the capability CAP_NET_RAW; Error without koffi
   */
  constructor(routes: Routes) {
    const libc = openLibc("Cannot open a raw IP socket");
    this.#routes = routes;
    this.#sockets = { 4: new RawSocket(4), 6: openIpv6() };
    this.#pointers = new FramePointers(libc);
    this.#fragments = new Map(
      this.#cutter.buffers.map((bytes) => [bytes, libc.addressOf(bytes)] as const),
    );
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#drops.counts;
  }

  receive(_batch: readonly Frame[]): number {
    return 0;
  }

  transmit(frame: Frame, nextHop: NextHop): boolean {
    if (frame.segmentSize !== 0) {
      this.#segmenter ??= new Segmenter();
      return this.#segmenter.cut(frame, (segment) => this.transmit(segment, nextHop));
    }
    completeChecksum(frame);
    const socket = this.#sockets[nextHop.family];
    if (socket === undefined) return this.#drop("EAFNOSUPPORT");
    const largest = largestPiece(frame, this.#routes, nextHop);
    if (frame.length > largest) return this.#transmitCut(frame, nextHop, socket, largest);
    const packet = this.#pointers.of(frame) + frame.start;
    const errno = socket.send(packet, frame.length, nextHop.address);
    if (errno === 0) return true;
    if (errno === EMSGSIZE && mayBeCut(frame)) {
      return this.#transmitCut(frame, nextHop, socket, mtuTo(this.#routes, nextHop));
    }
    return this.#drop(errorName(errno));
  }

  close(): void {
    this.#sockets[4]?.close();
    this.#sockets[6]?.close();
  }

  #transmitCut(frame: Frame, nextHop: NextHop, socket: RawSocket, largest: number): boolean {
    let errno = EMSGSIZE;
    const sent = this.#cutter.cut(frame, largest, (bytes, length) => {
      errno = socket.send(this.#fragments.get(bytes)!, length, nextHop.address);
      return errno === 0;
    });
    return sent || this.#drop(errorName(errno));
  }

  #drop(reason: string): false {
    this.#drops.add(reason);
    return false;
  }
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
