/**
 * Packets taken apart for tests, and assertions that compose.
 *
 * `dissect` gives plain fields, to be compared with `t.match`. A matcher looks at a dissected packet
 * and returns a complaint or `undefined`; `matchPacket` runs several and shows the packet when one
 * complains. Shares no code with `src/wire/`, like the builders.
 *
 *     matchPacket(t, packet, isIpv4(from("10.1.2.3"), ttl(63)), isTcp(dstPort(80), flags("S")))
 *
 * @module
 */
import type { Test } from "tap";
import { addressFromBytes, formatAddress } from "../../src/net/address.ts";
import { internetChecksum, TCP_FLAG_LETTERS, transportChecksum } from "./packet.ts";

/** What a packet says. Transport fields are absent where the protocol or a fragment has none. */
export interface Dissected {
  readonly family: 4 | 6;
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly ttl: number;
  readonly tos: number;
  /** Length the header claims, header included. */
  readonly totalLength: number;
  /** IPv4 only. */
  readonly id?: number;
  readonly df?: boolean;
  readonly mf?: boolean;
  /** In bytes. */
  readonly fragmentOffset?: number;
  readonly headerChecksumOk?: boolean;
  readonly srcPort?: number;
  readonly dstPort?: number;
  /** Letters out of `FSRPAUEC`, in that order. */
  readonly flags?: string;
  readonly seq?: number;
  readonly ack?: number;
  readonly window?: number;
  readonly type?: number;
  readonly code?: number;
  /** Second word of an ICMP header. */
  readonly rest?: number;
  /** Of the transport header; a UDP checksum of 0 is fine over IPv4. */
  readonly checksumOk?: boolean;
  /** What follows the innermost header known. */
  readonly payload: Uint8Array;
  /** The packet inside: of a tunnel, or quoted by an ICMP error, there perhaps cut short. */
  readonly inner?: Dissected;
}

/** Returns the fields of a packet; one too short for its headers throws. */
export function dissect(packet: Uint8Array): Dissected {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const family = view.getUint8(0) >>> 4;
  if (family === 4) return withTransport(ipv4(packet, view));
  if (family === 6) return withTransport(ipv6(packet, view));
  throw new TypeError(`Cannot dissect a packet of version ${family}: must be 4 or 6`);
}

function ipv4(packet: Uint8Array, view: DataView): Dissected {
  const headerLength = (view.getUint8(0) & 15) * 4;
  const fragment = view.getUint16(6);
  return {
    family: 4,
    from: formatAddress(addressFromBytes(packet.subarray(12, 16))),
    to: formatAddress(addressFromBytes(packet.subarray(16, 20))),
    protocol: view.getUint8(9),
    ttl: view.getUint8(8),
    tos: view.getUint8(1),
    totalLength: view.getUint16(2),
    id: view.getUint16(4),
    df: (fragment & 0x4000) !== 0,
    mf: (fragment & 0x2000) !== 0,
    fragmentOffset: (fragment & 0x1fff) * 8,
    headerChecksumOk: internetChecksum(packet.subarray(0, headerLength)) === 0,
    payload: packet.subarray(headerLength, view.getUint16(2)),
  };
}

function ipv6(packet: Uint8Array, view: DataView): Dissected {
  const totalLength = 40 + view.getUint16(4);
  return {
    family: 6,
    from: formatAddress(addressFromBytes(packet.subarray(8, 24))),
    to: formatAddress(addressFromBytes(packet.subarray(24, 40))),
    protocol: view.getUint8(6),
    ttl: view.getUint8(7),
    tos: (view.getUint16(0) >>> 4) & 255,
    totalLength,
    payload: packet.subarray(40, totalLength),
  };
}

function withTransport(packet: Dissected): Dissected {
  const segment = packet.payload;
  if (packet.fragmentOffset || segment.length < 8) return packet;
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  const ports = { srcPort: view.getUint16(0), dstPort: view.getUint16(2) };
  const sum = () => transportChecksum(packet, packet.protocol, segment);
  switch (packet.protocol) {
    case 6:
      if (segment.length < 20) return { ...packet, ...ports, seq: view.getUint32(4) };
      return { ...packet, ...ports, ...tcpFields(view), checksumOk: sum() === 0 };
    case 17: {
      const unchecked = packet.family === 4 && view.getUint16(6) === 0;
      const payload = segment.subarray(8);
      return { ...packet, ...ports, checksumOk: unchecked || sum() === 0, payload };
    }
    case 132:
      return { ...packet, ...ports, payload: segment.subarray(12) };
    case 1:
    case 58: {
      const type = view.getUint8(0);
      const quotes = packet.protocol === 1 ? [3, 4, 5, 11, 12].includes(type) : type < 128;
      const payload = segment.subarray(8);
      return {
        ...packet,
        type,
        code: view.getUint8(1),
        rest: view.getUint32(4),
        checksumOk: (packet.protocol === 1 ? internetChecksum(segment) : sum()) === 0,
        payload,
        ...(quotes ? { inner: dissect(payload) } : {}),
      };
    }
    case 4:
    case 41:
      return { ...packet, inner: dissect(segment) };
    default:
      return packet;
  }
}

function tcpFields(view: DataView) {
  const bits = view.getUint8(13);
  return {
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags: [...TCP_FLAG_LETTERS].filter((_, bit) => bits & (1 << bit)).join(""),
    window: view.getUint16(14),
    payload: new Uint8Array(
      view.buffer as ArrayBuffer,
      view.byteOffset + (view.getUint8(12) >>> 4) * 4,
      view.byteLength - (view.getUint8(12) >>> 4) * 4,
    ),
  };
}

/** Returns what is wrong with a packet, or `undefined`. */
export type Matcher = (packet: Dissected) => string | undefined;

/** Asserts that every matcher is content with the packet. */
export function matchPacket(
  t: Pick<Test, "equal">,
  packet: Uint8Array | undefined,
  ...matchers: readonly Matcher[]
): void {
  if (packet === undefined) {
    t.equal("no packet", undefined, "there is a packet");
    return;
  }
  t.equal(all(matchers)(dissect(packet)), undefined, Buffer.from(packet).toString("hex"));
}

/** Matches when all of `matchers` do; the first complaint counts. */
export function all(matchers: readonly Matcher[]): Matcher {
  return (packet) => {
    for (const matcher of matchers) {
      const complaint = matcher(packet);
      if (complaint !== undefined) return complaint;
    }
    return undefined;
  };
}

/** Matches an IPv4 packet with a correct header checksum. */
export const isIpv4 = (...matchers: readonly Matcher[]): Matcher =>
  all([field("family", 4), field("headerChecksumOk", true), ...matchers]);
/** Matches an IPv6 packet. */
export const isIpv6 = (...matchers: readonly Matcher[]): Matcher =>
  all([field("family", 6), ...matchers]);
/** Matches a TCP segment with a correct checksum. */
export const isTcp = (...matchers: readonly Matcher[]): Matcher =>
  all([field("protocol", 6), field("checksumOk", true), ...matchers]);
/** Matches a UDP datagram with a correct checksum or, over IPv4, none. */
export const isUdp = (...matchers: readonly Matcher[]): Matcher =>
  all([field("protocol", 17), field("checksumOk", true), ...matchers]);
/** Matches an ICMP or ICMPv6 message of a type and code with a correct checksum. */
export const isIcmp = (type: number, code: number, ...matchers: readonly Matcher[]): Matcher =>
  all([field("type", type), field("code", code), field("checksumOk", true), ...matchers]);
/** Matches when the packet inside, of a tunnel or quoted by an error, matches. */
export const carries =
  (...matchers: readonly Matcher[]): Matcher =>
  (packet) =>
    packet.inner === undefined ? "has no packet inside" : all(matchers)(packet.inner);

export const from = (address: string): Matcher => field("from", address);
export const to = (address: string): Matcher => field("to", address);
export const srcPort = (port: number): Matcher => field("srcPort", port);
export const dstPort = (port: number): Matcher => field("dstPort", port);
export const ttl = (value: number): Matcher => field("ttl", value);
/** Letters out of `FSRPAUEC`, in that order. */
export const flags = (letters: string): Matcher => field("flags", letters);
/** Matches when the payload is the UTF-8 of `text`. */
export const payload =
  (text: string): Matcher =>
  (packet) => {
    const found = new TextDecoder().decode(packet.payload);
    return found === text ? undefined : `payload is "${found}", not "${text}"`;
  };

/** Matches when a field has a value. */
export function field<Name extends keyof Dissected>(name: Name, wanted: Dissected[Name]): Matcher {
  return (packet) =>
    packet[name] === wanted ? undefined : `${name} is ${packet[name]}, not ${wanted}`;
}
