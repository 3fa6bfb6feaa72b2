/**
 * Rewriting the addresses and ports of a packet, checksums included.
 *
 * TCP and UDP checksums are updated, never verified, so a wrong one stays wrong. A UDP packet without
 * checksum gets a full one, as in the kernel; RFC 768's 0 is never written for a computed one. SCTP's
 * covers no address and is computed anew when a port changes. AH, ESP and later fragments have nothing
 * to rewrite behind the IP header. A checksum that is yet to be completed has only the sum of the
 * pseudo-header in it, so the address alone changes it.
 *
 * Source: RFC 1624; RFC 768; RFC 9260 §6.8; linux ip_vs_proto_tcp.c, ip_vs_proto_udp.c,
 * ip_vs_proto_sctp.c.
 *
 * @module
 */
import type { AddressWords, Family } from "../../net/address.ts";
import { SCTP, TCP, UDP } from "../../net/protocol.ts";
import * as checksum from "../../wire/checksum.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import * as sctp from "../../wire/sctp.ts";
import * as udp from "../../wire/udp.ts";
import type { Packet } from "../packet.ts";

const SRC_PORT = 0;
const DST_PORT = 2;
/** Where TCP has its checksum. */
const TCP_CHECKSUM = 16;

/** Makes the packet one to `address` and `port`; its transport header must be readable. */
export function rewriteDestination(
  packet: Packet,
  address: Readonly<AddressWords>,
  port: number,
): void {
  const { view, network, destination, destinationPort } = packet;
  const difference = differenceOf(packet.family, destination, address);
  rewriteTransport(packet, DST_PORT, difference, address, destinationPort, port);
  if (packet.family === 6) ipv6.setDst(view, network, address);
  else ipv4.replaceDst(view, network, address[0]! | 0, difference);
}

/** Makes the packet one from `address` and `port`; its transport header must be readable. */
export function rewriteSource(packet: Packet, address: Readonly<AddressWords>, port: number): void {
  const { view, network, source, sourcePort } = packet;
  const difference = differenceOf(packet.family, source, address);
  rewriteTransport(packet, SRC_PORT, difference, address, sourcePort, port);
  if (packet.family === 6) ipv6.setSrc(view, network, address);
  else ipv4.replaceSrc(view, network, address[0]! | 0, difference);
}

/** @param difference that the address makes to a sum */
function rewriteTransport(
  packet: Packet,
  portField: number,
  difference: number,
  address: Readonly<AddressWords>,
  oldPort: number,
  port: number,
): void {
  const { view, transport, protocol } = packet;
  if (packet.fragmentOffset !== 0) return;
  const { partialFrom, partialAt } = packet.frame;
  if (partialFrom === transport) {
    // The sum in it is not complemented, and the port comes into it only when it is completed.
    view.setUint16(transport + portField, port);
    view.setUint16(partialAt, ~checksum.adjust(~view.getUint16(partialAt), difference) & 0xffff);
  } else if (protocol === TCP) {
    const at = transport + TCP_CHECKSUM;
    const change = difference + checksum.difference16(oldPort, port);
    view.setUint16(transport + portField, port);
    view.setUint16(at, checksum.adjust(view.getUint16(at), change));
  } else if (protocol === UDP) {
    view.setUint16(transport + portField, port);
    updateUdp(packet, portField, difference + checksum.difference16(oldPort, port), address);
  } else if (protocol === SCTP) {
    view.setUint16(transport + portField, port);
    if (oldPort !== port) sctp.updateChecksum(view, transport, packet.end);
  }
}

/** @param difference that address and port make to a sum */
function updateUdp(
  packet: Packet,
  portField: number,
  difference: number,
  address: Readonly<AddressWords>,
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
    value = checksum.adjust(present, difference);
  }
  udp.setChecksum(view, transport, value === 0 ? 0xffff : value);
}

/** Returns what an address that goes from `before` to `after` adds to a sum. */
function differenceOf(
  family: Family,
  before: Readonly<AddressWords>,
  after: Readonly<AddressWords>,
): number {
  const difference = checksum.difference32(before[0]! | 0, after[0]! | 0);
  if (family === 4) return difference;
  return (
    difference +
    checksum.difference32(before[1]! | 0, after[1]! | 0) +
    checksum.difference32(before[2]! | 0, after[2]! | 0) +
    checksum.difference32(before[3]! | 0, after[3]! | 0)
  );
}

function sumOf(address: Readonly<AddressWords>): number {
  let total = 0;
  for (let word = 0; word < 4; word++) {
    total += (address[word]! >>> 16) + (address[word]! & 0xffff);
  }
  return total;
}
