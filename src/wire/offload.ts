/**
 * Work a host leaves to whoever sends a packet: completing a checksum, and cutting it into segments.
 *
 * A packet between hosts of one machine often has no whole checksum: the field holds the sum of the
 * pseudo-header alone, neither complemented nor complete, and the packet says from where on the rest is to be
 * summed up (`Frame.partialFrom`, `partialAt`). A packet of up to 64 KB may stand for many: segments of one
 * size, each of which is to get the headers of the whole (`Frame.segmentSize`). Such a packet's checksum is
 * always left to be completed.
 *
 * Source: linux/skbuff.h, "CHECKSUM_PARTIAL"; Documentation/networking/segmentation-offloads.rst.
 *
 * @module
 */
import { SCTP, TCP, UDP } from "../net/protocol.ts";
import { finish, pseudoHeader4, pseudoHeader6, sum } from "./checksum.ts";
import type { Frame } from "./frame.ts";
import * as ipv4 from "./ipv4.ts";
import { newWalk, walk } from "./ipv6-extensions.ts";
import * as sctp from "./sctp.ts";
import * as tcp from "./tcp.ts";
import * as udp from "./udp.ts";

/** Where checksums are in their headers, in bytes. Source: RFC 9293 §3.1, RFC 768, RFC 9260 §3.1. */
export const CHECKSUM_AT = { tcp: 16, udp: 6, sctp: 8 } as const;

/** Completes the checksum of a packet, if it is yet to be completed. */
export function completeChecksum(frame: Frame): void {
  const { view, partialFrom, partialAt, end } = frame;
  if (partialFrom === 0) return;
  if (partialAt - partialFrom === CHECKSUM_AT.sctp) {
    sctp.updateChecksum(view, partialFrom, end);
  } else {
    const value = finish(sum(view, partialFrom, end));
    const absent = value === 0 && partialAt - partialFrom === CHECKSUM_AT.udp;
    view.setUint16(partialAt, absent ? 0xffff : value);
  }
  frame.partialFrom = 0;
  frame.partialAt = 0;
}

/** Puts the sum of the pseudo-header where the checksum of the packet whose header is at `network` will be. */
export function setPseudoHeaderSum(frame: Frame, network: number, protocol: number): void {
  const { view, partialFrom, partialAt, end } = frame;
  const length = end - partialFrom;
  const total =
    ipv4.version(view, network) === 4
      ? pseudoHeader4(view, network, protocol, length)
      : pseudoHeader6(view, network, protocol, length);
  view.setUint16(partialAt, ~finish(total) & 0xffff);
}

const way = newWalk();

/**
 * Has the checksum of a TCP or UDP packet be completed by whoever sends it; for packets merged by a network
 * card that has verified theirs.
 *
 * @returns whether it is such a packet
 */
export function leaveChecksum(frame: Frame): boolean {
  const { view, start, end } = frame;
  let transport = start;
  let protocol: number;
  if (ipv4.version(view, start) === 4) {
    transport += ipv4.headerLength(view, start);
    protocol = ipv4.protocol(view, start);
  } else {
    if (!walk(view, start, end, way)) return false;
    transport = way.transport;
    protocol = way.protocol;
  }
  if (protocol !== TCP && protocol !== UDP) return false;
  frame.partialFrom = transport;
  frame.partialAt = transport + (protocol === TCP ? CHECKSUM_AT.tcp : CHECKSUM_AT.udp);
  setPseudoHeaderSum(frame, start, protocol);
  return true;
}

/** Number of the protocol whose checksum is yet to be completed: TCP, UDP or SCTP. */
export function partialProtocol({ partialFrom, partialAt }: Frame): number {
  const offset = partialAt - partialFrom;
  if (offset === CHECKSUM_AT.tcp) return TCP;
  return offset === CHECKSUM_AT.udp ? UDP : SCTP;
}

/** Returns the first byte of what is cut into segments. */
export function segmentedFrom(frame: Frame): number {
  const { view, partialFrom } = frame;
  return partialProtocol(frame) === TCP
    ? partialFrom + tcp.headerLength(view, partialFrom)
    : partialFrom + udp.HEADER_LENGTH;
}

/** Returns the length of a whole segment from `network` on, in bytes. */
export function segmentLength(frame: Frame, network: number): number {
  return segmentedFrom(frame) - network + frame.segmentSize;
}
