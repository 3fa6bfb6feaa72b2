/**
 * Rewriting the addresses and ports of a packet, checksums included.
 *
 * TCP and UDP checksums are updated, never verified, so a wrong one stays wrong. A UDP packet without
 * checksum gets a full one, as in the kernel; RFC 768's 0 is never written for a computed one. SCTP's
 * covers no address and is computed anew when a port changes. AH, ESP and later fragments have nothing
 * to rewrite behind the IP header.
 *
 * Source: RFC 1624; RFC 768; RFC 9260 §6.8; linux ip_vs_proto_tcp.c, ip_vs_proto_udp.c,
 * ip_vs_proto_sctp.c.
 *
 * @module
 */
import type { AddressWords } from "../../net/address.ts";
import { hasPorts, SCTP, TCP, UDP } from "../../net/protocol.ts";
import * as checksum from "../../wire/checksum.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import * as sctp from "../../wire/sctp.ts";
import * as tcp from "../../wire/tcp.ts";
import * as udp from "../../wire/udp.ts";
import type { Packet } from "../packet.ts";

const SRC_PORT = 0;
const DST_PORT = 2;

/** Makes the packet one to `address` and `port`; its transport header must be readable. */
export function rewriteDestination(
  packet: Packet,
  address: Readonly<AddressWords>,
  port: number,
): void {
  const { view, network } = packet;
  if (hasPorts(packet.protocol) && packet.fragmentOffset === 0) {
    rewriteTransport(packet, DST_PORT, packet.destination, address, packet.destinationPort, port);
  }
  if (packet.family === 6) {
    ipv6.setDst(view, network, address);
  } else {
    ipv4.setDst(view, network, address[0]!);
    ipv4.updateHeaderChecksum(view, network);
  }
}

/** Makes the packet one from `address` and `port`; its transport header must be readable. */
export function rewriteSource(packet: Packet, address: Readonly<AddressWords>, port: number): void {
  const { view, network } = packet;
  if (hasPorts(packet.protocol) && packet.fragmentOffset === 0) {
    rewriteTransport(packet, SRC_PORT, packet.source, address, packet.sourcePort, port);
  }
  if (packet.family === 6) {
    ipv6.setSrc(view, network, address);
  } else {
    ipv4.setSrc(view, network, address[0]!);
    ipv4.updateHeaderChecksum(view, network);
  }
}

function rewriteTransport(
  packet: Packet,
  portField: number,
  oldAddress: Readonly<AddressWords>,
  address: Readonly<AddressWords>,
  oldPort: number,
  port: number,
): void {
  const { view, transport } = packet;
  view.setUint16(transport + portField, port);
  switch (packet.protocol) {
    case TCP: {
      const present = tcp.checksum(view, transport);
      tcp.setChecksum(view, transport, updated(present, oldAddress, address, oldPort, port));
      return;
    }
    case UDP:
      updateUdp(packet, portField, oldAddress, address, oldPort, port);
      return;
    case SCTP:
      if (oldPort !== port) sctp.updateChecksum(view, transport, packet.end);
  }
}

function updateUdp(
  packet: Packet,
  portField: number,
  oldAddress: Readonly<AddressWords>,
  address: Readonly<AddressWords>,
  oldPort: number,
  port: number,
): void {
  const { view, transport, end } = packet;
  const present = udp.checksum(view, transport);
  let value: number;
  if (present === 0) {
    // The other address is the packet's own; the one to be written is not in its header yet.
    const other = portField === DST_PORT ? packet.source : packet.destination;
    const pseudo = UDP + (end - transport) + sumOf(other) + sumOf(address);
    value = checksum.finish(checksum.sum(view, transport, end, pseudo));
  } else {
    value = updated(present, oldAddress, address, oldPort, port);
  }
  udp.setChecksum(view, transport, value === 0 ? 0xffff : value);
}

/** Returns a checksum after an address and a port it covers have changed. */
function updated(
  present: number,
  oldAddress: Readonly<AddressWords>,
  address: Readonly<AddressWords>,
  oldPort: number,
  port: number,
): number {
  let value = checksum.replace32(present, oldAddress[0]!, address[0]!);
  // The further words of an IPv4 address are 0 before and after.
  value = checksum.replace32(value, oldAddress[1]!, address[1]!);
  value = checksum.replace32(value, oldAddress[2]!, address[2]!);
  value = checksum.replace32(value, oldAddress[3]!, address[3]!);
  return checksum.replace16(value, oldPort, port);
}

function sumOf(address: Readonly<AddressWords>): number {
  let total = 0;
  for (let word = 0; word < 4; word++) {
    total += (address[word]! >>> 16) + (address[word]! & 0xffff);
  }
  return total;
}
