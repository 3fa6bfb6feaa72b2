/**
 * TCP segments in IPv4 packets as plain records, for endpoints that exist in memory only.
 *
 * @module
 */
import { TCP } from "../../net/protocol.ts";
import * as checksum from "../../wire/checksum.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as tcp from "../../wire/tcp.ts";

/** One end of a TCP connection over IPv4. */
export interface SegmentEnd {
  /** Address as one number. */
  readonly address: number;
  readonly port: number;
}

/** A segment without options. */
export interface Segment {
  readonly from: SegmentEnd;
  readonly to: SegmentEnd;
  /** Sum of the flags of wire/tcp.ts. */
  readonly flags: number;
  /** 0–4294967295 */
  readonly sequence: number;
  /** 0–4294967295 */
  readonly acknowledgment: number;
  /** ASCII text. */
  readonly payload: string;
}

const TTL = 64;
const WINDOW = 65535;
const HEADERS = ipv4.HEADER_LENGTH + tcp.HEADER_LENGTH;

/** Returns the packet that carries a segment. */
export function emitSegment(segment: Segment): Uint8Array {
  const payload = new TextEncoder().encode(segment.payload);
  const packet = new Uint8Array(HEADERS + payload.length);
  const view = new DataView(packet.buffer);
  ipv4.setHeaderLength(view, 0, ipv4.HEADER_LENGTH);
  ipv4.setTotalLength(view, 0, packet.length);
  ipv4.setFragment(view, 0, ipv4.DONT_FRAGMENT);
  ipv4.setTtl(view, 0, TTL);
  ipv4.setProtocol(view, 0, TCP);
  ipv4.setSrc(view, 0, segment.from.address);
  ipv4.setDst(view, 0, segment.to.address);
  ipv4.updateHeaderChecksum(view, 0);
  const at = ipv4.HEADER_LENGTH;
  tcp.setSrcPort(view, at, segment.from.port);
  tcp.setDstPort(view, at, segment.to.port);
  tcp.setSequence(view, at, segment.sequence);
  tcp.setAcknowledgment(view, at, segment.acknowledgment);
  tcp.setHeaderLength(view, at, tcp.HEADER_LENGTH);
  tcp.setFlags(view, at, segment.flags);
  tcp.setWindow(view, at, WINDOW);
  packet.set(payload, HEADERS);
  const pseudoHeader = checksum.pseudoHeader4(view, 0, TCP, packet.length - at);
  const sum = checksum.sum(view, at, packet.length, pseudoHeader);
  tcp.setChecksum(view, at, checksum.finish(sum));
  return packet;
}

/**
 * Returns the segment in a packet, or `undefined` for any other packet and for one whose checksums
 * are wrong: an endpoint would not take it either.
 */
export function parseSegment(packet: Uint8Array): Segment | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (!ipv4.isWhole(view, 0, packet.length) || !ipv4.checksumIsRight(view, 0)) return undefined;
  const at = ipv4.headerLength(view, 0);
  const end = ipv4.totalLength(view, 0);
  if (ipv4.protocol(view, 0) !== TCP || ipv4.isFragment(view, 0)) return undefined;
  if (!tcp.isWhole(at, end)) return undefined;
  const pseudoHeader = checksum.pseudoHeader4(view, 0, TCP, end - at);
  if (checksum.finish(checksum.sum(view, at, end, pseudoHeader)) !== 0) return undefined;
  return {
    from: { address: ipv4.src(view, 0), port: tcp.srcPort(view, at) },
    to: { address: ipv4.dst(view, 0), port: tcp.dstPort(view, at) },
    flags: tcp.flags(view, at),
    sequence: tcp.sequence(view, at),
    acknowledgment: tcp.acknowledgment(view, at),
    payload: new TextDecoder().decode(packet.subarray(at + tcp.headerLength(view, at), end)),
  };
}
