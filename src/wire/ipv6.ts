/**
 * Internet Protocol version 6 header (RFC 8200 §3), read and written in place.
 *
 *      0    3 4        11 12                   31
 *     +------+----------+------------------------+
 *     |  ver | tr. class|       flow label       |
 *     +------+----------+-------+----------------+
 *     |   payload length        | next  |  hop   |
 *     |                         | header| limit  |
 *     +-------------------------+-------+--------+
 *     |             source address (16)          |
 *     +------------------------------------------+
 *     |           destination address (16)       |
 *     +------------------------------------------+
 *
 * `at` is the header's first byte in `view`. Accessors are safe once `isWhole` has said `true`. The
 * header has no checksum of its own. Addresses are four words in network order.
 *
 * @module
 */
import type { AddressWords } from "../net/address.ts";

const NEXT_HEADER = 6;
const HOP_LIMIT = 7;
const SRC = 8;
const DST = 24;

/** Where the payload length stands in the header, in bytes. */
export const PAYLOAD_LENGTH = 4;
/** Length of the fixed header, in bytes. */
export const HEADER_LENGTH = 40;
/** The least MTU of an IPv6 link, in bytes (RFC 8200 §5). */
export const LEAST_MTU = 1280;

/** Whether bytes `[at, end)` hold a whole header and the packet length it claims. */
export function isWhole(view: DataView, at: number, end: number): boolean {
  const room = end - at;
  return room >= HEADER_LENGTH && version(view, at) === 6 && totalLength(view, at) <= room;
}

/** IP version, 0–15. */
export function version(view: DataView, at: number): number {
  return view.getUint8(at) >>> 4;
}

/** Traffic class: DSCP in the upper six bits, ECN in the lower two. */
export function trafficClass(view: DataView, at: number): number {
  return (view.getUint16(at) >>> 4) & 0xff;
}

/** Flow label, 20 bits. */
export function flowLabel(view: DataView, at: number): number {
  return view.getUint32(at) & 0xfffff;
}

/** Sets version 6, the traffic class (0–255) and the flow label (20 bits). */
export function setClassAndLabel(view: DataView, at: number, tos: number, label: number): void {
  view.setUint32(at, (0x60000000 | (tos << 20) | label) >>> 0);
}

/** Length of what follows the fixed header, in bytes. */
export function payloadLength(view: DataView, at: number): number {
  return view.getUint16(at + PAYLOAD_LENGTH);
}

/** Sets the payload length, 0–65535. */
export function setPayloadLength(view: DataView, at: number, length: number): void {
  view.setUint16(at + PAYLOAD_LENGTH, length);
}

/** Length of header and payload, in bytes. */
export function totalLength(view: DataView, at: number): number {
  return HEADER_LENGTH + payloadLength(view, at);
}

/** Number of the header that follows. */
export function nextHeader(view: DataView, at: number): number {
  return view.getUint8(at + NEXT_HEADER);
}

/** Sets the number of the header that follows. */
export function setNextHeader(view: DataView, at: number, value: number): void {
  view.setUint8(at + NEXT_HEADER, value);
}

/** Hop limit, 0–255. */
export function hopLimit(view: DataView, at: number): number {
  return view.getUint8(at + HOP_LIMIT);
}

/** Sets the hop limit. */
export function setHopLimit(view: DataView, at: number, value: number): void {
  view.setUint8(at + HOP_LIMIT, value);
}

/** Reads the source address into `into`. */
export function readSrc(view: DataView, at: number, into: AddressWords): void {
  readWords(view, at + SRC, into);
}

/** Reads the destination address into `into`. */
export function readDst(view: DataView, at: number, into: AddressWords): void {
  readWords(view, at + DST, into);
}

/** Sets the source address. Leaves every checksum. */
export function setSrc(view: DataView, at: number, address: Readonly<AddressWords>): void {
  writeWords(view, at + SRC, address);
}

/** Sets the destination address. Leaves every checksum. */
export function setDst(view: DataView, at: number, address: Readonly<AddressWords>): void {
  writeWords(view, at + DST, address);
}

function readWords(view: DataView, at: number, into: AddressWords): void {
  into[0] = view.getUint32(at);
  into[1] = view.getUint32(at + 4);
  into[2] = view.getUint32(at + 8);
  into[3] = view.getUint32(at + 12);
}

function writeWords(view: DataView, at: number, address: Readonly<AddressWords>): void {
  view.setUint32(at, address[0]!);
  view.setUint32(at + 4, address[1]!);
  view.setUint32(at + 8, address[2]!);
  view.setUint32(at + 12, address[3]!);
}
