/**
 * The IP header a tunnel puts around a packet.
 *
 * DSCP is copied, and ECN too; but what has met congestion inside begins anew outside. The hop limit is
 * the packet's, its hop at the director counted.
 *
 * Source: RFC 2003 §3.1, RFC 2473 §6; linux inet_ecn.h `INET_ECN_encapsulate`.
 *
 * @module
 */
import type { AddressWords, Family } from "../../net/address.ts";
import { adjust } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";

/** ECN field: congestion experienced, and ECN-capable transport (0). */
const ECN_MASK = 0x3;
const ECN_EXPERIENCED = 0x3;
const ECN_CAPABLE_0 = 0x2;

const DONT_FRAGMENT = ipv4.DONT_FRAGMENT;
const LAST_ID = 0xffff;
/** Checksum of nothing. */
const NOTHING = 0xffff;

/** Writes outer headers; its fields are to be set before each `write`. */
export class OuterHeader {
  /** Type of service or traffic class. */
  tos = 0;
  hopLimit = 0;
  /** Whether routers may not cut the packet; IPv4 only. */
  dontFragment = false;
  #id = 0;

  /** Writes a header at the start of the frame, where its room must be; the frame's end is the packet's. */
  write(
    frame: Frame,
    family: Family,
    protocol: number,
    source: Readonly<AddressWords>,
    destination: Readonly<AddressWords>,
  ): void {
    const { view, start: at } = frame;
    if (family === 6) {
      ipv6.setClassAndLabel(view, at, this.tos, 0);
      ipv6.setPayloadLength(view, at, frame.length - ipv6.HEADER_LENGTH);
      ipv6.setNextHeader(view, at, protocol);
      ipv6.setHopLimit(view, at, this.hopLimit);
      ipv6.setSrc(view, at, source);
      ipv6.setDst(view, at, destination);
      return;
    }
    const { tos, hopLimit, dontFragment } = this;
    const from = source[0]! | 0;
    const to = destination[0]! | 0;
    this.write4(view, at, frame.length, tos, dontFragment, (hopLimit << 8) | protocol, from, to);
  }

  /**
   * Writes a header of IPv4 at `at`, of what it is told alone.
   *
   * @param length bytes of the packet, this header included
   * @param carried hop limit and protocol, as they stand in the header
   * @param source address, as a signed word, as is `destination`
   */
  write4(
    view: DataView,
    at: number,
    length: number,
    tos: number,
    dontFragment: boolean,
    carried: number,
    source: number,
    destination: number,
  ): void {
    const first = 0x4500 | tos;
    const cutting = dontFragment ? DONT_FRAGMENT : this.#nextId() << 16;
    const ends =
      (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
    const sum = first + length + (cutting >>> 16) + (cutting & 0xffff) + carried + ends;
    view.setInt32(at, (first << 16) | length);
    view.setInt32(at + 4, cutting);
    view.setInt32(at + 8, (carried << 16) | adjust(NOTHING, sum));
    view.setInt32(at + 12, source);
    view.setInt32(at + 16, destination);
  }

  /** Identification of packets that routers may cut; 0 is left out, as senders do. */
  #nextId(): number {
    this.#id = this.#id === LAST_ID ? 1 : this.#id + 1;
    return this.#id;
  }
}

/** Returns the outer type of service of a packet with this inner one. */
export function outerTos(inner: number): number {
  return (inner & ECN_MASK) === ECN_EXPERIENCED ? (inner & ~ECN_MASK) | ECN_CAPABLE_0 : inner;
}
