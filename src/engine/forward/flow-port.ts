/**
 * The UDP source port of an encapsulated flow, which spreads flows over the links of a network.
 *
 * Source: draft-ietf-intarea-gue §5.11.1; linux udp.h `udp_flow_src_port` (its hash is drawn by chance
 * at boot, so ports are the host's own affair).
 *
 * @module
 */
import { hash32 } from "../../base/hash.ts";
import { fold } from "../../net/address.ts";
import type { Packet } from "../packet.ts";

/** The ports a host draws from. Source: ip-sysctl.rst `ip_local_port_range`, its default. */
const FIRST = 32768;
const LAST = 60999;

/** Returns the same port for all packets of a flow, 32768–60999. */
export function flowPort(packet: Packet): number {
  const ends = fold(packet.source) ^ fold(packet.destination);
  const ports = (packet.sourcePort << 16) ^ packet.destinationPort;
  const hash = hash32((ends ^ ports ^ packet.protocol) >>> 0, 16);
  return FIRST + Math.floor((hash * (LAST - FIRST + 1)) / 0x10000);
}
