/**
 * The packet inside an IP-in-IP packet (RFC 2003).
 *
 * @module
 */
import { IPIP } from "../net/protocol.ts";
import * as ipv4 from "../wire/ipv4.ts";

/** Bytes `[start, end)` of a packet inside another. */
export interface InnerPacket {
  readonly start: number;
  readonly end: number;
}

/**
 * Returns where the inner packet of an IP-in-IP packet is, or `undefined` for anything else: another
 * protocol, a fragment, an inner packet that is not whole IPv4.
 *
 * @param at first byte of the outer header
 * @param end one past the last byte received
 */
export function innerPacket(view: DataView, at: number, end: number): InnerPacket | undefined {
  if (!ipv4.isWhole(view, at, end)) return undefined;
  if (ipv4.protocol(view, at) !== IPIP || ipv4.isFragment(view, at)) return undefined;
  const start = at + ipv4.headerLength(view, at);
  if (!ipv4.isWhole(view, start, at + ipv4.totalLength(view, at))) return undefined;
  return { start, end: start + ipv4.totalLength(view, start) };
}
