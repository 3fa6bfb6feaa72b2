/**
 * Recognizes what is left to do for a packet (offload.ts) by the packet itself, where nobody tells.
 *
 * A TCP or UDP checksum that is the sum of the pseudo-header alone is yet to be completed. One packet in
 * 65536 has such a sum for its whole checksum; completing it gives the same. An SCTP checksum of 0 is
 * completed at once, as nothing that comes later could.
 *
 * A TCP packet longer than its link takes was merged of several, of which none was longer than that. Of a
 * UDP packet like this nobody knows how many it was.
 *
 * @module
 */
import { SCTP, TCP, UDP } from "../net/protocol.ts";
import { finish, pseudoHeader4, pseudoHeader6 } from "./checksum.ts";
import type { Frame } from "./frame.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import { newWalk, walk } from "./ipv6-extensions.ts";
import { CHECKSUM_AT, segmentedFrom, setPseudoHeaderSum } from "./offload.ts";
import * as sctp from "./sctp.ts";
import * as tcp from "./tcp.ts";
import * as udp from "./udp.ts";

const way = newWalk();
/** Where the packet's transport header is, and its protocol; 0 for fragments and what is no whole packet. */
const found = { transport: 0, protocol: 0 };

/**
 * Has the frame say what is left to do for the packet in its window, which loses what a link has padded.
 *
 * @param mtu of the link the packet came by, in bytes
 * @returns `false` for a packet longer than that of which nothing else is known
 */
export function recognizeOffload(frame: Frame, mtu: number): boolean {
  frame.segmentSize = 0;
  frame.partialFrom = 0;
  frame.partialAt = 0;
  locate(frame);
  const { protocol, transport } = found;
  const isMerged = frame.length > mtu;
  if (protocol === TCP && tcp.isWhole(transport, frame.end)) {
    recognizeChecksum(frame, CHECKSUM_AT.tcp, isMerged);
    return !isMerged || setSegmentSize(frame, mtu);
  }
  if (protocol === UDP && udp.isWhole(transport, frame.end)) {
    if (udp.checksum(frame.view, transport) !== 0) {
      recognizeChecksum(frame, CHECKSUM_AT.udp, false);
    }
  } else if (protocol === SCTP && sctp.isWhole(transport, frame.end)) {
    if (sctp.checksum(frame.view, transport) === 0) {
      sctp.updateChecksum(frame.view, transport, frame.end);
    }
  }
  return !isMerged;
}

function locate(frame: Frame): void {
  const { view, start, end } = frame;
  found.protocol = 0;
  if (ipv4.isWhole(view, start, end)) {
    frame.end = start + ipv4.totalLength(view, start);
    if (ipv4.isFragment(view, start)) return;
    found.transport = start + ipv4.headerLength(view, start);
    found.protocol = ipv4.protocol(view, start);
  } else if (ipv6.isWhole(view, start, end)) {
    frame.end = start + ipv6.totalLength(view, start);
    if (!walk(view, start, frame.end, way) || way.fragment >= 0) return;
    found.transport = way.transport;
    found.protocol = way.protocol;
  }
}

/** @param isLeft whether the checksum is to be completed whatever it is */
function recognizeChecksum(frame: Frame, at: number, isLeft: boolean): void {
  const { view, start, end } = frame;
  const { transport, protocol } = found;
  const field = transport + at;
  if (!isLeft) {
    const length = end - transport;
    const sum =
      ipv4.version(view, start) === 4
        ? pseudoHeader4(view, start, protocol, length)
        : pseudoHeader6(view, start, protocol, length);
    if (view.getUint16(field) !== (~finish(sum) & 0xffff)) return;
  }
  frame.partialFrom = transport;
  frame.partialAt = field;
  if (isLeft) setPseudoHeaderSum(frame, start, protocol);
}

function setSegmentSize(frame: Frame, mtu: number): boolean {
  const size = mtu - (segmentedFrom(frame) - frame.start);
  if (size <= 0) return false;
  frame.segmentSize = size;
  return true;
}
