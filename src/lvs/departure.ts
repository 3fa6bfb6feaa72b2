/**
 * A packet that left the director, as what happened to it: which way it was forwarded, and to whom.
 *
 * Told by what anyone on the wire sees. A tunnel's outer header names the real server; so does the
 * destination of a packet that was translated; a packet that was routed directly is unchanged, and only the
 * link address tells where it went.
 *
 * @module
 */
import { type Address, type Family, isMulticast } from "../net/address.ts";
import { ICMP } from "../net/protocol.ts";
import type { Captured } from "../scenario/bed.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import { formatEnd } from "./ends.ts";
import type { End, MethodName } from "./expectation.ts";
import { type IpPacket, readIpPacket, tunnelled } from "./ip-packet.ts";

/** Who is known behind the director. */
export interface KnownServers {
  /** Whether a real server has the address. */
  has(address: Address): boolean;
  /** Returns the address, of a family, of the real server with a link address, if there is one. */
  at(mac: string, family: Family): Address | undefined;
}

/** A packet that left. */
export interface Departure {
  readonly captured: Captured;
  /** The packet, or what the tunnel carries. */
  readonly packet: IpPacket;
  /** How it went to a real server; absent for a packet to anyone else. */
  readonly method?: MethodName;
  /** The real server, and the port the packet is for there; absent for a packet to anyone else. */
  readonly server?: End;
  /** Whether it is an ICMP error. */
  readonly isError: boolean;
}

/** Returns what a captured packet is; `undefined` for what is no IP packet, or for a group of hosts. */
export function readDeparture(captured: Captured, servers: KnownServers): Departure | undefined {
  const outer = readIpPacket(captured.packet);
  // What directors tell each other is no packet of a client's or server's.
  if (outer === undefined || isMulticast(outer.to)) return undefined;
  const toServer = servers.has(outer.to);
  const inner = toServer ? tunnelled(outer) : undefined;
  if (inner !== undefined) return departure(captured, inner, "tunnel", outer.to);
  if (toServer) return departure(captured, outer, "nat", outer.to);
  const routed = captured.mac === undefined ? undefined : servers.at(captured.mac, outer.family);
  if (routed !== undefined) return departure(captured, outer, "dr", routed);
  return { captured, packet: outer, isError: isError(outer) };
}

function departure(
  captured: Captured,
  packet: IpPacket,
  method: MethodName,
  address: Address,
): Departure {
  const port = packet.toPort;
  const server = port === undefined ? { address } : { address, port };
  return { captured, packet, method, server, isError: isError(packet) };
}

function isError({ icmp, protocol }: IpPacket): boolean {
  if (icmp === undefined) return false;
  return protocol === ICMP ? icmpv4.isError(icmp[0]) : icmpv6.isError(icmp[0]);
}

/** Returns what a departure is, in the words expectations use. */
export function departureText({ packet, method, server, isError: error }: Departure): string {
  const from = formatEnd(end(packet.from, packet.fromPort));
  const to = formatEnd(end(packet.to, packet.toPort));
  if (error) return `an ICMP error ${packet.icmp?.join("/")} from ${from} to ${to}`;
  if (method === undefined || server === undefined) return `sent from ${from} to ${to}`;
  const behind = method === "nat" ? "" : `, addressed to ${to}`;
  return `forwarded by ${method} to ${formatEnd(server)} from ${from}${behind}`;
}

function end(address: Address, port: number | undefined): End {
  return port === undefined ? { address } : { address, port };
}
