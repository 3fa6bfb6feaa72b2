/**
 * Rewriting the addresses and ports of a packet, checksums included.
 *
 * TCP and UDP checksums are updated, never verified, so a wrong one stays wrong. A UDP packet without
 * checksum gets a full one, as in the kernel; RFC 768's 0 is never written for a computed one.
 *
 * Source: RFC 1624; RFC 768; linux ip_vs_proto_tcp.c, ip_vs_proto_udp.c.
 *
 * @module
 */
import { TCP, UDP } from "../../net/protocol.ts";
import * as checksum from "../../wire/checksum.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as tcp from "../../wire/tcp.ts";
import * as udp from "../../wire/udp.ts";
import type { Packet } from "../packet.ts";

/** Makes the packet one to `address` and `port`; its transport header must be readable. */
export function rewriteDestination(packet: Packet, address: number, port: number): void {
  const { view, network, transport } = packet;
  const oldAddress = ipv4.dst(view, network);
  const oldPort = packet.destinationPort;
  if (packet.protocol === TCP) tcp.setDstPort(view, transport, port);
  else udp.setDstPort(view, transport, port);
  ipv4.setDst(view, network, address);
  ipv4.updateHeaderChecksum(view, network);
  updateTransport(packet, oldAddress, address, oldPort, port);
}

/** Makes the packet one from `address` and `port`; its transport header must be readable. */
export function rewriteSource(packet: Packet, address: number, port: number): void {
  const { view, network, transport } = packet;
  const oldAddress = ipv4.src(view, network);
  const oldPort = packet.sourcePort;
  if (packet.protocol === TCP) tcp.setSrcPort(view, transport, port);
  else udp.setSrcPort(view, transport, port);
  ipv4.setSrc(view, network, address);
  ipv4.updateHeaderChecksum(view, network);
  updateTransport(packet, oldAddress, address, oldPort, port);
}

function updateTransport(
  packet: Packet,
  oldAddress: number,
  address: number,
  oldPort: number,
  port: number,
): void {
  const { view, transport } = packet;
  if (packet.protocol === TCP) {
    const updated = checksum.replace32(tcp.checksum(view, transport), oldAddress, address);
    tcp.setChecksum(view, transport, checksum.replace16(updated, oldPort, port));
    return;
  }
  if (packet.protocol !== UDP) return;
  const present = udp.checksum(view, transport);
  const updated =
    present === 0
      ? fullUdpChecksum(packet)
      : checksum.replace16(checksum.replace32(present, oldAddress, address), oldPort, port);
  udp.setChecksum(view, transport, updated === 0 ? 0xffff : updated);
}

function fullUdpChecksum(packet: Packet): number {
  const { view, network, transport, end } = packet;
  const pseudo = checksum.pseudoHeader4(view, network, UDP, end - transport);
  return checksum.finish(checksum.sum(view, transport, end, pseudo));
}
