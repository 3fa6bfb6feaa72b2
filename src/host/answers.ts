/**
 * The packets a host makes in answer to others: ICMP errors, echo replies, resets.
 *
 * Each function writes a whole packet into a frame and sends nothing. A question must have been read and
 * found whole; who asks has made sure that an answer may be given at all.
 *
 * Source: RFC 792, RFC 1812 §4.3.2, RFC 4443, RFC 9293 §3.10.7.1; linux icmp.c `__icmp_send`,
 * ipv6/icmp.c `icmp6_send`, tcp_ipv4.c `tcp_v4_send_reset` for type of service and how much is quoted.
 *
 * @module
 */
import type { AddressWords } from "../net/address.ts";
import { ICMP, ICMPV6, TCP } from "../net/protocol.ts";
import * as checksum from "../wire/checksum.ts";
import type { Frame } from "../wire/frame.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as tcp from "../wire/tcp.ts";
import type { HostPacket } from "./host-packet.ts";

const TTL = 64;
/** An IPv4 error is at most this long, header included (RFC 1812 §4.3.2.3). */
const LONGEST_ERROR = 576;
/** Precedence of network control, and the bits of the offending packet's TOS that are kept. */
const TOS_CONTROL = 0xc0;
const TOS_KEPT = 0x1e;
/** Bits of the TOS that speak of congestion: a reset does not take part in that. */
const ECN = 0x3;

/**
 * Writes an ICMP or ICMPv6 error about `packet`.
 *
 * @param source address it is sent from
 * @param mtu of the way back, in bytes
 * @param id IPv4 identification
 * @param rest second word of the ICMP header: an MTU, a pointer, or 0
 */
export function writeError(
  into: Frame,
  packet: HostPacket,
  source: Readonly<AddressWords>,
  mtu: number,
  id: number,
  type: number,
  code: number,
  rest: number,
): void {
  into.reset();
  const { view, start } = into;
  const header = packet.family === 4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH;
  const longest = packet.family === 4 ? Math.min(mtu, LONGEST_ERROR) : ipv6.LEAST_MTU;
  const message = start + header;
  const quote = message + icmpv4.HEADER_LENGTH;
  const quoted = Math.min(packet.length, longest - header - icmpv4.HEADER_LENGTH);
  into.end = quote + quoted;
  into.bytes.set(packet.frame.bytes.subarray(packet.network, packet.network + quoted), quote);
  icmpv4.setTypeAndCode(view, message, type, code);
  icmpv4.setRest(view, message, rest);
  const tos = packet.family === 4 ? (packet.tos & TOS_KEPT) | TOS_CONTROL : 0;
  writeHeader(into, packet, source, packet.family === 4 ? ICMP : ICMPV6, tos, id, 0);
  writeIcmpChecksum(into, packet, message);
}

/** Writes the reply to an echo request; its checksum must have been found right. */
export function writeEchoReply(
  into: Frame,
  packet: HostPacket,
  source: Readonly<AddressWords>,
  id: number,
): void {
  into.reset();
  const v4 = packet.family === 4;
  const message = into.start + (v4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH);
  into.end = message + packet.end - packet.transport;
  into.bytes.set(packet.frame.bytes.subarray(packet.transport, packet.end), message);
  const code = icmpv4.code(into.view, message);
  icmpv4.setTypeAndCode(into.view, message, v4 ? icmpv4.ECHO_REPLY : icmpv6.ECHO_REPLY, code);
  writeHeader(into, packet, source, v4 ? ICMP : ICMPV6, packet.tos, id, 0);
  writeIcmpChecksum(into, packet, message);
}

/** Writes the reset that answers a TCP segment nobody wants. */
export function writeReset(into: Frame, packet: HostPacket): void {
  into.reset();
  const { view } = into;
  const v4 = packet.family === 4;
  const to = into.start + (v4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH);
  into.end = to + tcp.HEADER_LENGTH;
  into.bytes.fill(0, to, into.end);
  const asked = packet.view;
  const from = packet.transport;
  const flags = tcp.flags(asked, from);
  tcp.setSrcPort(view, to, tcp.dstPort(asked, from));
  tcp.setDstPort(view, to, tcp.srcPort(asked, from));
  tcp.setHeaderLength(view, to, tcp.HEADER_LENGTH);
  if ((flags & tcp.ACK) !== 0) {
    tcp.setSequence(view, to, tcp.acknowledgment(asked, from));
    tcp.setFlags(view, to, tcp.RST);
  } else {
    // What it would have acknowledged: the data, and one each for SYN and FIN.
    const data = packet.end - from - tcp.headerLength(asked, from);
    const taken = data + Number((flags & tcp.SYN) !== 0) + Number((flags & tcp.FIN) !== 0);
    tcp.setAcknowledgment(view, to, (tcp.sequence(asked, from) + taken) >>> 0);
    tcp.setFlags(view, to, tcp.RST | tcp.ACK);
  }
  const tos = packet.tos & ~ECN;
  writeHeader(into, packet, packet.destination, TCP, tos, 0, ipv4.DONT_FRAGMENT);
  const pseudo = (v4 ? checksum.pseudoHeader4 : checksum.pseudoHeader6)(
    view,
    into.start,
    TCP,
    tcp.HEADER_LENGTH,
  );
  tcp.setChecksum(view, to, checksum.finish(checksum.sum(view, to, into.end, pseudo)));
}

/** Writes the IP header of an answer that fills the frame already. */
function writeHeader(
  into: Frame,
  packet: HostPacket,
  source: Readonly<AddressWords>,
  protocol: number,
  tos: number,
  id: number,
  fragment: number,
): void {
  const { view, start: at, length } = into;
  if (packet.family === 6) {
    ipv6.setClassAndLabel(view, at, tos, 0);
    ipv6.setPayloadLength(view, at, length - ipv6.HEADER_LENGTH);
    ipv6.setNextHeader(view, at, protocol);
    ipv6.setHopLimit(view, at, TTL);
    ipv6.setSrc(view, at, source);
    ipv6.setDst(view, at, packet.source);
    return;
  }
  ipv4.setHeaderLength(view, at, ipv4.HEADER_LENGTH);
  ipv4.setTos(view, at, tos);
  ipv4.setTotalLength(view, at, length);
  ipv4.setId(view, at, id);
  ipv4.setFragment(view, at, fragment);
  ipv4.setTtl(view, at, TTL);
  ipv4.setProtocol(view, at, protocol);
  ipv4.setSrc(view, at, source[0]!);
  ipv4.setDst(view, at, packet.source[0]!);
  ipv4.updateHeaderChecksum(view, at);
}

function writeIcmpChecksum(into: Frame, packet: HostPacket, message: number): void {
  const { view, start, end } = into;
  if (packet.family === 6) {
    icmpv6.updateChecksum(view, start, message, end);
    return;
  }
  icmpv4.setChecksum(view, message, 0);
  icmpv4.setChecksum(view, message, checksum.compute(view, message, end));
}
