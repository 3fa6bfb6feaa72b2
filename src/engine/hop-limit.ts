/**
 * The field that counts a packet's hops down: IPv4's time to live, IPv6's hop limit.
 *
 * @module
 */
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { Packet } from "./packet.ts";

/** Returns how many hops the packet may still make, 0–255. */
export function hopLimit(packet: Packet): number {
  const { family, view, network } = packet;
  return family === 4 ? ipv4.ttl(view, network) : ipv6.hopLimit(view, network);
}

/** Counts one hop, IPv4's header checksum included; the limit must be above 0. */
export function countHop(packet: Packet): void {
  const { family, view, network } = packet;
  if (family === 4) ipv4.adjustTtl(view, network, -1);
  else ipv6.setHopLimit(view, network, ipv6.hopLimit(view, network) - 1);
}
