/**
 * Cuts a packet that stands for many into segments, as a network card does for its host.
 *
 * Each segment has all headers of the whole, those of a tunnel included, with lengths, sequence numbers,
 * identifications and flags of its own. Its checksum is yet to be completed, too, unless a tunnel's header
 * has one over all of it.
 *
 * Source: Documentation/networking/segmentation-offloads.rst; linux tcp_offload.c `tcp_gso_segment`,
 * af_inet.c `inet_gso_segment`; RFC 3168 §6.1.2 for CWR.
 *
 * @module
 */
import { GRE, TCP, UDP } from "../net/protocol.ts";
import { finish, pseudoHeader4, pseudoHeader6, sum } from "./checksum.ts";
import { Frame, HEADROOM, MAX_PACKET } from "./frame.ts";
import * as gre from "./gre.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import { completeChecksum, partialProtocol, segmentedFrom, setPseudoHeaderSum } from "./offload.ts";
import * as tcp from "./tcp.ts";
import * as udp from "./udp.ts";

/** Takes one segment; `false` ends the cutting. */
export type SegmentSink = (segment: Frame) => boolean;

/** Cuts packets, one at a time. */
export class Segmenter {
  /** Where each segment stands while the sink has it. */
  readonly #segment: Frame;

  /** @param segment where segments are to stand; memory of its own unless given */
  constructor(segment: Frame = new Frame(HEADROOM + MAX_PACKET)) {
    this.#segment = segment;
  }

  /**
   * Hands the segments of a packet whose `segmentSize` is not 0 to `sink`, first to last.
   *
   * @returns whether the sink took all
   */
  cut(frame: Frame, sink: SegmentSink): boolean {
    const { start, end, segmentSize } = frame;
    const payload = segmentedFrom(frame);
    const protocol = partialProtocol(frame);
    const headers = frame.bytes.subarray(start, payload);
    for (let at = payload, index = 0; at < end; at += segmentSize, index++) {
      const segment = this.#segment;
      const length = Math.min(segmentSize, end - at);
      segment.reset();
      segment.bytes.set(headers, HEADROOM);
      segment.bytes.set(frame.bytes.subarray(at, at + length), HEADROOM + headers.length);
      segment.end = HEADROOM + headers.length + length;
      segment.mark = frame.mark;
      const shift = HEADROOM - start;
      segment.partialFrom = frame.partialFrom + shift;
      segment.partialAt = frame.partialAt + shift;
      if (frame.innerStart !== 0) segment.innerStart = frame.innerStart + shift;
      const inner = segment.innerStart || segment.start;
      setLength(segment, inner, index);
      if (protocol === TCP) {
        setSequence(segment, at - payload, at === payload, at + length === end);
      } else udp.setLength(segment.view, segment.partialFrom, udp.HEADER_LENGTH + length);
      setPseudoHeaderSum(segment, inner, protocol);
      if (segment.innerStart !== 0) setOuterLengths(segment, index);
      if (!sink(segment)) return false;
    }
    return true;
  }
}

/** Has the IP header at `at` tell the length of the segment, and which one it is. */
function setLength({ view, end }: Frame, at: number, index: number): void {
  if (ipv4.version(view, at) !== 4) {
    ipv6.setPayloadLength(view, at, end - at - ipv6.HEADER_LENGTH);
    return;
  }
  ipv4.setTotalLength(view, at, end - at);
  ipv4.setId(view, at, (ipv4.id(view, at) + index) & 0xffff);
  ipv4.updateHeaderChecksum(view, at);
}

function setSequence(
  { view, partialFrom }: Frame,
  offset: number,
  first: boolean,
  last: boolean,
): void {
  tcp.setSequence(view, partialFrom, (tcp.sequence(view, partialFrom) + offset) >>> 0);
  let flags = tcp.flags(view, partialFrom);
  if (!first) flags &= ~tcp.CWR;
  if (!last) flags &= ~(tcp.FIN | tcp.PSH);
  tcp.setFlags(view, partialFrom, flags);
}

/** Has the headers of the tunnel tell the length of the segment, and cover it where they have a checksum. */
function setOuterLengths(segment: Frame, index: number): void {
  const { view, start, end } = segment;
  setLength(segment, start, index);
  const isIpv4 = ipv4.version(view, start) === 4;
  const protocol = isIpv4 ? ipv4.protocol(view, start) : ipv6.nextHeader(view, start);
  const header = start + (isIpv4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH);
  if (protocol === GRE && (gre.flags(view, header) & gre.CHECKSUM_PRESENT) !== 0) {
    completeChecksum(segment);
    gre.writeWithChecksum(view, header, gre.protocol(view, header), end);
  } else if (protocol === UDP) {
    udp.setLength(view, header, end - header);
    if (udp.checksum(view, header) === 0) return;
    completeChecksum(segment);
    udp.setChecksum(view, header, 0);
    const pseudo = isIpv4
      ? pseudoHeader4(view, start, UDP, end - header)
      : pseudoHeader6(view, start, UDP, end - header);
    udp.setChecksum(view, header, finish(sum(view, header, end, pseudo)) || 0xffff);
  }
}
