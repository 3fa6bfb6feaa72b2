/**
 * The packet inside a tunnelled one: IP-in-IP in all four mixtures of families, GRE and GUE.
 *
 * Source: RFC 2003, RFC 2473, RFC 4213 §3; RFC 2784; draft-ietf-intarea-gue §3.
 *
 * @module
 */
import { GRE, IPIP, IPV6_IN_IP } from "../net/protocol.ts";
import * as checksum from "./checksum.ts";
import * as gre from "./gre.ts";
import * as gue from "./gue.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";

/** Bytes `[start, end)` of a packet inside another. */
export interface InnerPacket {
  readonly start: number;
  readonly end: number;
}

/**
 * Returns where the inner packet of a tunnelled IPv4 packet is, or `undefined` for anything else: another
 * protocol, a fragment, an inner packet that is not whole.
 *
 * @param at first byte of the outer header
 * @param end one past the last byte received
 */
export function innerPacket(view: DataView, at: number, end: number): InnerPacket | undefined {
  if (!ipv4.isWhole(view, at, end) || ipv4.isFragment(view, at)) return undefined;
  const payload = at + ipv4.headerLength(view, at);
  return carriedPacket(ipv4.protocol(view, at), view, payload, at + ipv4.totalLength(view, at));
}

/**
 * Returns where the packet is that bytes `[at, end)` are or carry, which stood behind an IP header of
 * either family; `undefined` when there is none.
 *
 * @param protocol what the header said they are: 4, 41 or 47
 */
export function carriedPacket(
  protocol: number,
  view: DataView,
  at: number,
  end: number,
): InnerPacket | undefined {
  if (protocol === IPIP && ipv4.isWhole(view, at, end)) {
    return { start: at, end: at + ipv4.totalLength(view, at) };
  }
  if (protocol === IPV6_IN_IP && ipv6.isWhole(view, at, end)) {
    return { start: at, end: at + ipv6.totalLength(view, at) };
  }
  return protocol === GRE ? greCarried(view, at, end) : undefined;
}

/** Returns where the packet in a GUE datagram is, whose UDP header is left out; `undefined` without one. */
export function gueCarried(view: DataView, at: number, end: number): InnerPacket | undefined {
  if (!gue.isWhole(at, end) || gue.version(view, at) !== 0 || gue.isControl(view, at)) {
    return undefined;
  }
  return carriedPacket(gue.protocol(view, at), view, at + gue.headerLength(view, at), end);
}

function greCarried(view: DataView, at: number, end: number): InnerPacket | undefined {
  if (!gre.isWhole(at, end)) return undefined;
  const summed = gre.flags(view, at) === gre.CHECKSUM_PRESENT;
  if (!summed && gre.flags(view, at) !== 0) return undefined;
  if (summed && checksum.compute(view, at, end) !== 0) return undefined;
  const protocol = gre.protocol(view, at) === gre.PROTOCOL_IPV6 ? IPV6_IN_IP : IPIP;
  const header = summed ? gre.HEADER_LENGTH_CHECKSUM : gre.HEADER_LENGTH;
  return carriedPacket(protocol, view, at + header, end);
}
