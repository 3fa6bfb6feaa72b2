/**
 * What an IP packet says on its outside, and what a tunnel carries.
 *
 * @module
 */
import { type Address, addressFromBytes, type Family } from "../net/address.ts";
import * as number from "../net/protocol.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as extensions from "../wire/ipv6-extensions.ts";
import * as tcp from "../wire/tcp.ts";
import { carriedPacket, gueCarried } from "../wire/tunnel-packet.ts";
import * as udp from "../wire/udp.ts";

/** An IP packet, read. */
export interface IpPacket {
  readonly bytes: Uint8Array;
  readonly family: Family;
  readonly protocol: number;
  readonly from: Address;
  readonly to: Address;
  /** Absent where the protocol has none, or they are not there. */
  readonly fromPort?: number;
  readonly toPort?: number;
  /** Of TCP, as in the header; 0 for others. */
  readonly flags: number;
  /** First chunk of SCTP; -1 for others. */
  readonly chunk: number;
  /** Type and code of ICMP; absent for others. */
  readonly icmp?: readonly [type: number, code: number];
  /** First byte of the transport header. */
  readonly transport: number;
}

/** Returns what a packet says, or `undefined` where it is none that is whole. */
export function readIpPacket(bytes: Uint8Array): IpPacket | undefined {
  const view = viewOf(bytes);
  if (bytes.length === 0) return undefined;
  if (ipv6.version(view, 0) === 6) {
    if (!ipv6.isWhole(view, 0, bytes.length)) return undefined;
    const walk = extensions.newWalk();
    const readable = extensions.walk(view, 0, bytes.length, walk);
    const protocol = readable ? walk.protocol : -1;
    const ends = { from: addressAt(bytes, 8, 16), to: addressAt(bytes, 24, 16) };
    return { ...ends, ...transportOf(view, protocol, walk.transport), bytes, family: 6, protocol };
  }
  if (!ipv4.isWhole(view, 0, bytes.length)) return undefined;
  const protocol = ipv4.protocol(view, 0);
  const later = (ipv4.fragment(view, 0) & ipv4.OFFSET_MASK) !== 0;
  const at = later ? bytes.length : ipv4.headerLength(view, 0);
  const ends = { from: addressAt(bytes, 12, 4), to: addressAt(bytes, 16, 4) };
  return { ...ends, ...transportOf(view, protocol, at), bytes, family: 4, protocol };
}

/** Returns the packet a tunnel's packet carries; `undefined` for any other. */
export function tunnelled(outer: IpPacket): IpPacket | undefined {
  const { bytes, protocol, transport } = outer;
  const view = viewOf(bytes);
  const inner =
    protocol === number.UDP
      ? gueCarried(view, transport + udp.HEADER_LENGTH, bytes.length)
      : carriedPacket(protocol, view, transport, bytes.length);
  return inner && readIpPacket(bytes.subarray(inner.start, inner.end));
}

function transportOf(view: DataView, protocol: number, at: number) {
  const room = view.byteLength - at;
  const base = { transport: at, flags: 0, chunk: -1 };
  if (protocol === number.ICMP || protocol === number.ICMPV6) {
    if (room < 2) return base;
    return { ...base, icmp: [view.getUint8(at), view.getUint8(at + 1)] as const };
  }
  if (!number.hasPorts(protocol) || room < 4) return base;
  const ports = { fromPort: view.getUint16(at), toPort: view.getUint16(at + 2) };
  const flags = protocol === number.TCP && room >= tcp.HEADER_LENGTH ? tcp.flags(view, at) : 0;
  const chunk =
    protocol === number.SCTP && room > SCTP_HEADER ? view.getUint8(at + SCTP_HEADER) : -1;
  return { ...base, ...ports, flags, chunk };
}

/** Bytes of the header before the first chunk (RFC 9260 §3.1). */
const SCTP_HEADER = 12;

function addressAt(bytes: Uint8Array, start: number, length: number): Address {
  return addressFromBytes(bytes.slice(start, start + length));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
