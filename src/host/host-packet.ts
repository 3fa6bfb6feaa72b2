/**
 * One packet as the host around a director sees it: a view on a frame, read once and used again.
 *
 * @module
 */
import type { AddressWords, Family } from "../net/address.ts";
import { Frame } from "../wire/frame.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { FRAGMENT_HEADER_LENGTH, newWalk, walk } from "../wire/ipv6-extensions.ts";
import type { HostDrop } from "./drops.ts";

/** The packet at hand. All fields are those of the last `read`. */
export class HostPacket {
  frame: Frame = new Frame(0);
  view: DataView = this.frame.view;
  family: Family = 4;
  /** First byte of the IP header. */
  network = 0;
  /** First byte behind the IP header and, with IPv6, its extension headers. */
  transport = 0;
  /** One past the last byte. */
  end = 0;
  /** Number of what begins at `transport`. */
  protocol = 0;
  readonly source: AddressWords = new Uint32Array(4);
  readonly destination: AddressWords = new Uint32Array(4);
  /** TTL or hop limit. */
  ttl = 0;
  /** Type of service or traffic class. */
  tos = 0;
  /** Whether it is a piece of a larger packet. */
  fragment = false;
  /** Whether it is a piece without the transport header. */
  laterFragment = false;
  /** Whether a router may not cut it; always so with IPv6. */
  dontFragment = false;
  /** Bytes of data a fragment has. */
  fragmentLength = 0;
  /** Whether more fragments follow. */
  moreFragments = false;
  readonly #walk = newWalk();

  /** Length, in bytes. */
  get length(): number {
    return this.end - this.network;
  }

  /**
   * Reads the packet in `frame` and cuts off what stands behind the length its header claims.
   *
   * @returns why it is no packet, or `undefined`
   */
  read(frame: Frame): HostDrop | undefined {
    this.frame = frame;
    this.view = frame.view;
    this.network = frame.start;
    if (frame.length > 0 && ipv4.version(frame.view, frame.start) === 6) return this.#read6(frame);
    return this.#read4(frame);
  }

  #read4(frame: Frame): HostDrop | undefined {
    const { view, network } = this;
    if (!ipv4.isWhole(view, network, frame.end)) return "malformed-header";
    if (!ipv4.checksumIsRight(view, network)) return "bad-header-checksum";
    this.family = 4;
    this.end = network + ipv4.totalLength(view, network);
    frame.end = this.end;
    this.transport = network + ipv4.headerLength(view, network);
    this.protocol = ipv4.protocol(view, network);
    this.source.fill(0, 1);
    this.source[0] = ipv4.src(view, network);
    this.destination.fill(0, 1);
    this.destination[0] = ipv4.dst(view, network);
    this.ttl = ipv4.ttl(view, network);
    this.tos = ipv4.tos(view, network);
    this.fragment = ipv4.isFragment(view, network);
    this.laterFragment = (ipv4.fragment(view, network) & ipv4.OFFSET_MASK) !== 0;
    this.moreFragments = (ipv4.fragment(view, network) & ipv4.MORE_FRAGMENTS) !== 0;
    this.fragmentLength = this.end - this.transport;
    this.dontFragment = ipv4.dontFragment(view, network);
    return undefined;
  }

  #read6(frame: Frame): HostDrop | undefined {
    const { view, network } = this;
    if (!ipv6.isWhole(view, network, frame.end)) return "malformed-header";
    this.family = 6;
    this.end = network + ipv6.totalLength(view, network);
    frame.end = this.end;
    ipv6.readSrc(view, network, this.source);
    ipv6.readDst(view, network, this.destination);
    this.ttl = ipv6.hopLimit(view, network);
    this.tos = ipv6.trafficClass(view, network);
    this.dontFragment = true;
    // A header that is cut off is the business of who it is for, not of a router.
    const whole = walk(view, network, this.end, this.#walk);
    this.protocol = this.#walk.protocol;
    this.transport = whole ? this.#walk.transport : this.end;
    this.fragment =
      this.#walk.fragment >= 0 && (this.#walk.moreFragments || this.#walk.fragmentOffset > 0);
    this.laterFragment = this.#walk.fragmentOffset > 0;
    this.moreFragments = this.#walk.moreFragments;
    this.fragmentLength = this.end - this.#walk.fragment - FRAGMENT_HEADER_LENGTH;
    return undefined;
  }

  /** Lowers TTL or hop limit by one. */
  lowerTtl(): void {
    if (this.family === 4) ipv4.adjustTtl(this.view, this.network, -1);
    else ipv6.setHopLimit(this.view, this.network, this.ttl - 1);
    this.ttl--;
  }
}
