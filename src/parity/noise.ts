/**
 * What a host says to groups of its own accord, with or without a director on it.
 *
 * Source: RFC 3376 (IGMP), RFC 3810 (MLD), RFC 4861 (neighbour discovery).
 *
 * @module
 */
import { ETHER_TYPE } from "../wire/ethernet.ts";

const IGMP = 2;
const HOP_BY_HOP = 0;
const ICMPV6 = 58;
const IPV4_PROTOCOL = 9;
const IPV6_NEXT_HEADER = 6;
const IPV6_HEADER = 40;

/** ICMPv6 types of group membership, router and neighbour discovery: 130–137 and 143. */
function isHousekeeping(type: number): boolean {
  return (type >= 130 && type <= 137) || type === 143;
}

/** Whether a packet sent to a group is about group membership, routers or neighbours. */
export function isNoise(etherType: number, packet: Uint8Array): boolean {
  if (etherType === ETHER_TYPE.ipv4) return packet[IPV4_PROTOCOL] === IGMP;
  if (etherType !== ETHER_TYPE.ipv6) return false;
  let next = packet[IPV6_NEXT_HEADER];
  let at = IPV6_HEADER;
  if (next === HOP_BY_HOP) {
    next = packet[at];
    at += 8 * ((packet[at + 1] ?? 0) + 1);
  }
  return next === ICMPV6 && isHousekeeping(packet[at] ?? 0);
}
