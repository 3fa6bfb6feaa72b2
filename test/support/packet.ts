/**
 * Packets for tests: builders that fill in lengths and checksums.
 *
 * They share no code with `src/wire/`, so a mistake there cannot hide behind the same mistake here.
 * The family follows from the addresses. A field that is left out gets a value a plain host would
 * send, always the same one.
 *
 *     tcp({ from: "10.1.2.3:40000", to: "10.0.0.100:80", flags: "S" })
 *     ipip({ from: "10.0.0.1", to: "10.0.0.2" }, udp({ from: "10.1.2.3:53", to: "10.0.0.100:53" }))
 *
 * @module
 */
import { addressBytes, parseAddress } from "../../src/net/address.ts";
import { parseEndpoint } from "../../src/net/endpoint.ts";

/** Bytes, or text that stands for its UTF-8 bytes. */
export type Content = Uint8Array | string;

/** Fields of the IP header, either family. */
export interface IpFields {
  /** Time to live or hop limit; 64. */
  readonly ttl?: number;
  /** Type of service or traffic class; 0. */
  readonly tos?: number;
  /** IPv4 identification; 1. */
  readonly id?: number;
  /** IPv4 "do not fragment"; false. */
  readonly df?: boolean;
  /** IPv4 "more fragments"; false. */
  readonly mf?: boolean;
  /** IPv4 fragment offset in bytes, a multiple of 8; 0. */
  readonly fragmentOffset?: number;
  /** IPv4 options, a multiple of 4 bytes; none. */
  readonly ipOptions?: Uint8Array;
  /** IPv6 flow label; 0. */
  readonly flowLabel?: number;
  /** IPv6 extension headers, in their order (packet-extensions.ts makes them); none. */
  readonly extensions?: readonly Extension[];
}

/** An IPv6 extension header whose next header is still open: its first byte is written by `ip`. */
export interface Extension {
  /** Number of the header. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** Source and destination: addresses, or endpoints where the protocol has ports. */
export interface Ends {
  readonly from: string;
  readonly to: string;
}

export interface TcpFields extends IpFields, Ends {
  /** Letters out of `FSRPAUEC`, `.` for A; "A". */
  readonly flags?: string;
  readonly seq?: number;
  readonly ack?: number;
  /** 65535. */
  readonly window?: number;
  /** TCP options, a multiple of 4 bytes; none. */
  readonly options?: Uint8Array;
  readonly payload?: Content;
  /** Replaces the correct checksum. */
  readonly checksum?: number;
}

export interface UdpFields extends IpFields, Ends {
  readonly payload?: Content;
  /** Replaces the correct checksum; 0 stands for "not computed". */
  readonly checksum?: number;
}

export interface IcmpFields extends IpFields, Ends {
  /** 8, echo request (128 for ICMPv6). */
  readonly type?: number;
  /** 0. */
  readonly code?: number;
  /** Second word of the header: identifier and sequence number, or MTU; 0. */
  readonly rest?: number;
  /** What follows the header: echo data, or the packet an error is about. */
  readonly quoted?: Content;
  /** Replaces the correct checksum. */
  readonly checksum?: number;
}

export interface SctpFields extends IpFields, Ends {
  /** Verification tag; 0. */
  readonly tag?: number;
  /** The chunks, or the types of empty ones; none. */
  readonly chunks?: readonly (SctpChunk | number)[];
  /** Replaces the correct checksum. */
  readonly checksum?: number;
}

/** A chunk of an SCTP packet; the builder pads it to a multiple of 4 bytes. */
export interface SctpChunk {
  readonly type: number;
  /** 0. */
  readonly flags?: number;
  /** What follows the header of the chunk; nothing. */
  readonly body?: Content;
}

/** Flag letters of the TCP header, from the lowest bit up. */
export const TCP_FLAG_LETTERS = "FSRPAUEC";

/** Returns the bytes of `content`. */
export function bytesOf(content: Content): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

/** Returns the bytes of hexadecimal text; white space is ignored. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
}

/** Returns an IP packet of any protocol around `payload`. */
export function ip(fields: IpFields & Ends & { protocol: number; payload: Content }): Uint8Array {
  const from = addressBytes(parseAddress(fields.from));
  const to = addressBytes(parseAddress(fields.to));
  if (from.length !== to.length) {
    throw new TypeError(`Cannot build a packet from "${fields.from}" to "${fields.to}"`);
  }
  if (from.length === 16) return ipv6(fields, from, to);
  const payload = bytesOf(fields.payload);
  const header = ipv4Header(fields, payload.length);
  header.set(from, 12);
  header.set(to, 16);
  new DataView(header.buffer).setUint16(10, internetChecksum(header));
  return concat(header, payload);
}

/** Returns a TCP segment in its packet. */
export function tcp(fields: TcpFields): Uint8Array {
  const options = fields.options ?? new Uint8Array(0);
  const segment = concat(new Uint8Array(20), options, bytesOf(fields.payload ?? ""));
  const view = new DataView(segment.buffer);
  setPorts(view, fields);
  view.setUint32(4, fields.seq ?? 0);
  view.setUint32(8, fields.ack ?? 0);
  view.setUint8(12, ((20 + options.length) / 4) << 4);
  view.setUint8(13, tcpFlags(fields.flags ?? "A"));
  view.setUint16(14, fields.window ?? 65535);
  view.setUint16(16, fields.checksum ?? transportChecksum(hosts(fields), 6, segment));
  return ip({ ...fields, ...hosts(fields), protocol: 6, payload: segment });
}

/** Returns a UDP datagram in its packet. */
export function udp(fields: UdpFields): Uint8Array {
  const datagram = concat(new Uint8Array(8), bytesOf(fields.payload ?? ""));
  const view = new DataView(datagram.buffer);
  setPorts(view, fields);
  view.setUint16(4, datagram.length);
  // A sum of 0 is sent as 65535, as 0 means that none was computed (RFC 768).
  const sum = transportChecksum(hosts(fields), 17, datagram) || 0xffff;
  view.setUint16(6, fields.checksum ?? sum);
  return ip({ ...fields, ...hosts(fields), protocol: 17, payload: datagram });
}

/** Returns an ICMP message (ICMPv6 between IPv6 addresses) in its packet. */
export function icmp(fields: IcmpFields): Uint8Array {
  const v6 = fields.from.includes(":");
  const message = concat(new Uint8Array(8), bytesOf(fields.quoted ?? ""));
  const view = new DataView(message.buffer);
  view.setUint8(0, fields.type ?? (v6 ? 128 : 8));
  view.setUint8(1, fields.code ?? 0);
  view.setUint32(4, fields.rest ?? 0);
  const sum = v6 ? transportChecksum(fields, 58, message) : internetChecksum(message);
  view.setUint16(2, fields.checksum ?? sum);
  return ip({ ...fields, protocol: v6 ? 58 : 1, payload: message });
}

/** Returns an SCTP packet. */
export function sctp(fields: SctpFields): Uint8Array {
  const packet = concat(new Uint8Array(12), ...(fields.chunks ?? []).map(sctpChunk));
  const view = new DataView(packet.buffer);
  setPorts(view, fields);
  view.setUint32(4, fields.tag ?? 0);
  view.setUint32(8, fields.checksum ?? crc32c(packet), true);
  return ip({ ...fields, ...hosts(fields), protocol: 132, payload: packet });
}

/** Returns `inner` in another IP header: protocol 4, or 41 for an IPv6 packet. */
export function ipip(outer: IpFields & Ends, inner: Uint8Array): Uint8Array {
  return ip({ ...outer, protocol: inner[0]! >>> 4 === 6 ? 41 : 4, payload: inner });
}

/**
 * Returns the fragments of a packet, each with at most `size` bytes of data.
 *
 * An IPv4 packet has no options; the fragments of an IPv6 packet repeat its hop-by-hop options and
 * routing headers, and everything behind these is data (RFC 8200 §4.5).
 *
 * @param id identification of the fragments of an IPv6 packet
 */
export function fragments(packet: Uint8Array, size: number, id = 1): Uint8Array[] {
  const v6 = packet[0]! >>> 4 === 6;
  const start = v6 ? fragmentable(packet) : 20;
  const data = packet.subarray(start);
  const step = size - (size % 8);
  const result: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += step) {
    const piece = data.subarray(at, at + step);
    const more = at + step < data.length;
    result.push(
      v6
        ? ipv6Fragment(packet.subarray(0, start), piece, { at, more, id })
        : ipv4Fragment(packet.subarray(0, start), piece, { at, more }),
    );
  }
  return result;
}

/** Returns the Internet checksum of bytes, 0 when they contain a correct one (RFC 1071). */
export function internetChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const [index, byte] of bytes.entries()) sum += index % 2 === 0 ? byte * 256 : byte;
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return 0xffff - sum;
}

/** Returns the checksum of a transport segment with its pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1). */
export function transportChecksum(ends: Ends, protocol: number, segment: Uint8Array): number {
  const trailer = new Uint8Array(8);
  new DataView(trailer.buffer).setUint32(0, segment.length);
  trailer[7] = protocol;
  const addresses = [ends.from, ends.to].map((text) => addressBytes(parseAddress(text)));
  // The sum does not depend on order, so the pseudo-header may come first for both families.
  return internetChecksum(concat(...addresses, trailer, segment));
}

/** Returns the CRC-32C of bytes, the checksum of SCTP (RFC 9260 appendix A), as a host-order number. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

/** Returns the bytes of all parts, one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function ipv4Header(fields: IpFields & { protocol: number }, payloadLength: number): Uint8Array {
  const header = concat(new Uint8Array(20), fields.ipOptions ?? new Uint8Array(0));
  const view = new DataView(header.buffer);
  view.setUint8(0, 0x40 | (header.length / 4));
  view.setUint8(1, fields.tos ?? 0);
  view.setUint16(2, header.length + payloadLength);
  view.setUint16(4, fields.id ?? 1);
  const flags = (fields.df ? 0x4000 : 0) | (fields.mf ? 0x2000 : 0);
  view.setUint16(6, flags | ((fields.fragmentOffset ?? 0) / 8));
  view.setUint8(8, fields.ttl ?? 64);
  view.setUint8(9, fields.protocol);
  return header;
}

function ipv6(
  fields: IpFields & { protocol: number; payload: Content },
  from: Uint8Array,
  to: Uint8Array,
): Uint8Array {
  const extensions = fields.extensions ?? [];
  const numbers = [...extensions.map(({ number }) => number), fields.protocol];
  const chain = extensions.map(({ bytes }, index) =>
    concat(Uint8Array.of(numbers[index + 1]!), bytes.subarray(1)),
  );
  const behind = concat(...chain, bytesOf(fields.payload));
  const header = new Uint8Array(40);
  const view = new DataView(header.buffer);
  view.setUint32(0, 0x60000000 + (fields.tos ?? 0) * 0x100000 + (fields.flowLabel ?? 0));
  view.setUint16(4, behind.length);
  view.setUint8(6, numbers[0]!);
  view.setUint8(7, fields.ttl ?? 64);
  header.set(from, 8);
  header.set(to, 24);
  return concat(header, behind);
}

function ipv4Fragment(
  header: Uint8Array,
  data: Uint8Array,
  { at, more }: { at: number; more: boolean },
): Uint8Array {
  const fragment = concat(header, data);
  const view = new DataView(fragment.buffer);
  view.setUint16(2, fragment.length);
  view.setUint16(6, (more ? 0x2000 : 0) | (at / 8));
  view.setUint16(10, 0);
  view.setUint16(10, internetChecksum(fragment.subarray(0, header.length)));
  return fragment;
}

function ipv6Fragment(
  headers: Uint8Array,
  data: Uint8Array,
  { at, more, id }: { at: number; more: boolean; id: number },
): Uint8Array {
  const fragment = concat(headers, new Uint8Array(8), data);
  const view = new DataView(fragment.buffer);
  view.setUint16(4, fragment.length - 40);
  const next = lastNextHeader(headers);
  view.setUint8(headers.length, fragment[next]!);
  view.setUint16(headers.length + 2, at | (more ? 1 : 0));
  view.setUint32(headers.length + 4, id);
  fragment[next] = 44;
  return fragment;
}

/** Returns where the part of an IPv6 packet begins that is cut into fragments. */
function fragmentable(packet: Uint8Array): number {
  let at = 40;
  for (let number = packet[6]!; number === 0 || number === 43; ) {
    number = packet[at]!;
    at += 8 + packet[at + 1]! * 8;
  }
  return at;
}

/** Returns the place of the number that says what follows whole headers. */
function lastNextHeader(headers: Uint8Array): number {
  let place = 6;
  for (let at = 40; at < headers.length; at += 8 + headers[at + 1]! * 8) place = at;
  return place;
}

function sctpChunk(chunk: SctpChunk | number): Uint8Array {
  const { type, flags = 0, body = "" } = typeof chunk === "number" ? { type: chunk } : chunk;
  const content = bytesOf(body);
  const length = 4 + content.length;
  const header = Uint8Array.of(type, flags, length >>> 8, length & 255);
  return concat(header, content, new Uint8Array(-length & 3));
}

/** Returns the ends without their ports. */
function hosts(ends: Ends): Ends {
  const host = (text: string) => /^\[(.+)\]:\d+$/.exec(text)?.[1] ?? text.replace(/:\d+$/, "");
  return { from: host(ends.from), to: host(ends.to) };
}

function setPorts(view: DataView, ends: Ends): void {
  view.setUint16(0, parseEndpoint(ends.from).port);
  view.setUint16(2, parseEndpoint(ends.to).port);
}

function tcpFlags(letters: string): number {
  let flags = 0;
  for (const letter of letters.replaceAll(".", "A").replaceAll("W", "C")) {
    const bit = TCP_FLAG_LETTERS.indexOf(letter);
    if (bit < 0) throw new TypeError(`Unknown TCP flag "${letter}" in "${letters}"`);
    flags |= 1 << bit;
  }
  return flags;
}
