/**
 * Reading and changing what a TCP segment carries, in its frame.
 *
 * @module
 */
import { TCP } from "../../net/protocol.ts";
import * as checksum from "../../wire/checksum.ts";
import { MAX_PACKET } from "../../wire/frame.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { setPseudoHeaderSum } from "../../wire/offload.ts";
import * as tcp from "../../wire/tcp.ts";
import type { Packet } from "../packet.ts";

/** Returns the first byte of a segment's payload, `packet.end` where there is none to be read. */
export function payloadOf(packet: Packet): number {
  const length = tcp.headerLength(packet.view, packet.transport);
  if (length < tcp.HEADER_LENGTH) return packet.end;
  return Math.min(packet.transport + length, packet.end);
}

/** Whether the checksum of a whole segment is right; one yet to be completed is taken to be. */
export function checksumIsRight(packet: Packet): boolean {
  return packet.frame.partialFrom === packet.transport || checksumOf(packet) === 0;
}

/** Computes the segment's checksum anew, as far as it is not left to whoever sends it. */
export function updateChecksum(packet: Packet): void {
  if (packet.frame.partialFrom === packet.transport) {
    setPseudoHeaderSum(packet.frame, packet.network, TCP);
    return;
  }
  tcp.setChecksum(packet.view, packet.transport, 0);
  tcp.setChecksum(packet.view, packet.transport, checksumOf(packet));
}

/**
 * Puts `text`, of ASCII, in the place of bytes `[start, end)` of the packet: what follows moves, and the
 * IP header tells the new length. Leaves the TCP checksum.
 *
 * @returns whether there was room; if not, nothing has changed
 */
export function replaceText(packet: Packet, start: number, end: number, text: string): boolean {
  const { frame } = packet;
  const change = text.length - (end - start);
  const grown = packet.end + change;
  if (grown > frame.bytes.length || grown - packet.network > MAX_PACKET) return false;
  frame.bytes.copyWithin(end + change, end, packet.end);
  for (let index = 0; index < text.length; index++) {
    frame.bytes[start + index] = text.charCodeAt(index);
  }
  packet.end = grown;
  frame.end = grown;
  const { view, network } = packet;
  if (packet.family === 4) {
    ipv4.setTotalLength(view, network, grown - network);
    ipv4.updateHeaderChecksum(view, network);
  } else {
    ipv6.setPayloadLength(view, network, grown - network - ipv6.HEADER_LENGTH);
  }
  return true;
}

function checksumOf(packet: Packet): number {
  const { view, network, transport, end } = packet;
  const length = end - transport;
  const pseudo =
    packet.family === 4
      ? checksum.pseudoHeader4(view, network, TCP, length)
      : checksum.pseudoHeader6(view, network, TCP, length);
  return checksum.finish(checksum.sum(view, transport, end, pseudo));
}
