/**
 * The header that tells what is left to do for a packet, in front of it in packet sockets and on TUN.
 *
 *      0        1        2                 4
 *     +--------+--------+-----------------+-----------------+
 *     | flags  |  kind  |  headers' length|  segment size   |
 *     +--------+--------+--------+--------+-----------------+
 *     | checksum from   | field's offset  |
 *     +-----------------+-----------------+
 *
 * Numbers of 16 bits are in the host's order, taken to be little-endian. Places are counted from the first
 * byte behind this header, be it of an Ethernet or an IP header.
 *
 * Source: linux/virtio_net.h `struct virtio_net_hdr`; packet(7) PACKET_VNET_HDR; linux/if_tun.h IFF_VNET_HDR.
 *
 * @module
 */
import { TCP } from "../net/protocol.ts";
import type { Frame } from "./frame.ts";
import * as ipv4 from "./ipv4.ts";
import {
  CHECKSUM_AT,
  completeChecksum,
  leaveChecksum,
  partialProtocol,
  segmentedFrom,
} from "./offload.ts";
import * as tcp from "./tcp.ts";

/** Length of the header, in bytes. */
export const HEADER_LENGTH = 10;

const FLAGS = 0;
const KIND = 1;
const HEADERS_LENGTH = 2;
const SEGMENT_SIZE = 4;
const CHECKSUM_FROM = 6;
const CHECKSUM_OFFSET = 8;

/** `VIRTIO_NET_HDR_F_NEEDS_CSUM` */
const NEEDS_CHECKSUM = 1;
/** `VIRTIO_NET_HDR_GSO_*` */
const NONE = 0;
const TCP_IPV4 = 1;
const TCP_IPV6 = 4;
const UDP_SEGMENTS = 5;
/** `VIRTIO_NET_HDR_GSO_ECN`, beside another kind. */
const ECN = 0x80;

/** Most bytes a host wants in one piece in front of a packet. */
const LONGEST_HEADERS = 256;

/**
 * Reads the header at `at` of the packet in a frame, whose window is set.
 *
 * A checksum of SCTP left to be completed is completed: nothing that comes later could.
 *
 * @param from what places in the header are counted from
 * @returns `false` for a packet of a kind that is not known, or whose header cannot be right
 */
export function read(frame: Frame, at: number, from: number): boolean {
  const { view, start, end } = frame;
  const kind = view.getUint8(at + KIND) & ~ECN;
  frame.segmentSize = 0;
  frame.partialFrom = 0;
  frame.partialAt = 0;
  if ((view.getUint8(at + FLAGS) & NEEDS_CHECKSUM) !== 0) {
    const first = from + view.getUint16(at + CHECKSUM_FROM, true);
    const field = first + view.getUint16(at + CHECKSUM_OFFSET, true);
    if (first < start || field + 2 > end) return false;
    frame.partialFrom = first;
    frame.partialAt = field;
    if (field - first === CHECKSUM_AT.sctp) completeChecksum(frame);
  }
  if (kind === NONE) return true;
  if (kind !== TCP_IPV4 && kind !== TCP_IPV6 && kind !== UDP_SEGMENTS) return false;
  if (frame.partialFrom === 0 && !leaveChecksum(frame)) return false;
  const size = view.getUint16(at + SEGMENT_SIZE, true);
  const payload = segmentedFrom(frame);
  if (size === 0 || payload > end) return false;
  // What fits in one segment is one.
  if (payload + size < end) frame.segmentSize = size;
  return true;
}

/**
 * Writes the header of the packet in a frame at `at`; whoever has it sent sees to segments of a tunnel.
 *
 * @param from what places in the header are counted from
 */
export function write(frame: Frame, at: number, from: number): void {
  const { view, partialFrom, partialAt, segmentSize } = frame;
  if (partialFrom === 0) {
    view.setUint32(at, 0);
    view.setUint32(at + 4, 0);
    view.setUint16(at + 8, 0);
    return;
  }
  view.setUint8(at + FLAGS, NEEDS_CHECKSUM);
  view.setUint8(at + KIND, segmentSize === 0 ? NONE : kindOf(frame));
  const headers = segmentSize === 0 ? partialAt + 2 - from : segmentedFrom(frame) - from;
  view.setUint16(at + HEADERS_LENGTH, Math.min(headers, LONGEST_HEADERS), true);
  view.setUint16(at + SEGMENT_SIZE, segmentSize, true);
  view.setUint16(at + CHECKSUM_FROM, partialFrom - from, true);
  view.setUint16(at + CHECKSUM_OFFSET, partialAt - partialFrom, true);
}

function kindOf(frame: Frame): number {
  const { view, start, partialFrom } = frame;
  if (partialProtocol(frame) !== TCP) return UDP_SEGMENTS;
  const kind = ipv4.version(view, start) === 4 ? TCP_IPV4 : TCP_IPV6;
  return (tcp.flags(view, partialFrom) & tcp.CWR) === 0 ? kind : kind | ECN;
}
