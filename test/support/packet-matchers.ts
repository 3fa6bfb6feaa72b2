/**
 * Packets taken apart for tests, and assertions that compose.
 *
 * `dissect` gives plain fields, to be compared with `t.match`. A matcher looks at a dissected packet
 * and returns a complaint or `undefined`; `matchPacket` runs several and shows the packet when one
 * complains. Shares no code with `src/wire/`, like the builders.
 *
 *     matchPacket(t, packet, isIpv4(from("10.1.2.3"), ttl(63)), isTcp(dstPort(80), flags("S")))
 *     matchPacket(t, packet, isIpv6(), isGue(6080, isIpv6(from("2001:db8::3")), isTcp(flags("S"))))
 *
 * @module
 */
import type { Test } from "tap";
import { addressFromBytes, formatAddress } from "../../src/net/address.ts";
import { crc32c, internetChecksum, TCP_FLAG_LETTERS, transportChecksum } from "./packet.ts";

/** What a packet says. Transport fields are absent where the protocol or a fragment has none. */
export interface Dissected {
  readonly family: 4 | 6;
  readonly from: string;
  readonly to: string;
  /** What is carried, behind the extension headers of IPv6. */
  readonly protocol: number;
  /** Time to live or hop limit. */
  readonly ttl: number;
  /** Type of service or traffic class. */
  readonly tos: number;
  /** Length the header claims, header included. */
  readonly totalLength: number;
  /** IPv6 only. */
  readonly flowLabel?: number;
  /** IPv6 only: numbers of the extension headers, in their order. */
  readonly extensions?: readonly number[];
  /** Of IPv6, only in packets with a fragment header; so are the other fields of fragments. */
  readonly id?: number;
  /** IPv4 only. */
  readonly df?: boolean;
  readonly mf?: boolean;
  /** In bytes. */
  readonly fragmentOffset?: number;
  /** IPv4 only. */
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
  /** UDP only: whether the sender computed no checksum. */
  readonly unchecked?: boolean;
  /** SCTP only. */
  readonly verificationTag?: number;
  /** SCTP only: types of the chunks, in their order. */
  readonly chunks?: readonly number[];
  /** Of the transport or GRE header; a UDP checksum of 0 is fine over IPv4. */
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
  const { at, ...behind } = extensionsOf(packet, view);
  return {
    family: 6,
    from: formatAddress(addressFromBytes(packet.subarray(8, 24))),
    to: formatAddress(addressFromBytes(packet.subarray(24, 40))),
    ttl: view.getUint8(7),
    tos: (view.getUint16(0) >>> 4) & 255,
    flowLabel: view.getUint32(0) & 0xfffff,
    totalLength,
    ...behind,
    payload: packet.subarray(at, totalLength),
  };
}

/** Walks over extension headers, as far as the data of a later fragment. */
function extensionsOf(packet: Uint8Array, view: DataView) {
  const extensions: number[] = [];
  let fragment: Pick<Dissected, "id" | "mf" | "fragmentOffset"> = {};
  let protocol = view.getUint8(6);
  let at = 40;
  while ([0, 43, 44, 51, 60].includes(protocol) && at + 8 <= packet.length) {
    extensions.push(protocol);
    const length = view.getUint8(at + 1);
    if (protocol === 44) {
      const place = view.getUint16(at + 2);
      const fragmentOffset = place & 0xfff8;
      fragment = { id: view.getUint32(at + 4), mf: (place & 1) === 1, fragmentOffset };
    }
    const size = protocol === 44 ? 8 : protocol === 51 ? 8 + 4 * length : 8 + 8 * length;
    protocol = view.getUint8(at);
    at += size;
    if (fragment.fragmentOffset) break;
  }
  return { protocol, extensions, ...fragment, at };
}

function withTransport(packet: Dissected): Dissected {
  const segment = packet.payload;
  if (packet.fragmentOffset || segment.length < (packet.protocol === 47 ? 4 : 8)) return packet;
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  const ports = { srcPort: view.getUint16(0), dstPort: view.getUint16(2) };
  const sum = () => transportChecksum(packet, packet.protocol, segment);
  switch (packet.protocol) {
    case 6:
      if (segment.length < 20) return { ...packet, ...ports, seq: view.getUint32(4) };
      return { ...packet, ...ports, ...tcpFields(view), checksumOk: sum() === 0 };
    case 17: {
      const unchecked = view.getUint16(6) === 0;
      const checksumOk = unchecked ? packet.family === 4 : sum() === 0;
      return { ...packet, ...ports, unchecked, checksumOk, payload: segment.subarray(8) };
    }
    case 132:
      if (segment.length < 12) return { ...packet, ...ports };
      return { ...packet, ...ports, ...sctpFields(segment, view) };
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
    case 47:
      return { ...packet, ...greFields(segment, view) };
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

function sctpFields(segment: Uint8Array, view: DataView) {
  const plain = segment.slice();
  plain.fill(0, 8, 12);
  const chunks: number[] = [];
  for (let at = 12; at + 4 <= segment.length; ) {
    chunks.push(view.getUint8(at));
    at += Math.max(4, (view.getUint16(at + 2) + 3) & ~3);
  }
  return {
    verificationTag: view.getUint32(4),
    chunks,
    checksumOk: view.getUint32(8, true) === crc32c(plain),
    payload: segment.subarray(12),
  };
}

/** A header of version 0; the packet inside is of the family its protocol type says. */
function greFields(segment: Uint8Array, view: DataView): Pick<Dissected, "checksumOk" | "inner"> {
  const bits = view.getUint16(0);
  const options = [0x8000, 0x2000, 0x1000].filter((bit) => bits & bit).length;
  const inner = segment.subarray(4 + 4 * options);
  const type = view.getUint16(2);
  const checksumOk = (bits & 0x8000) === 0 || internetChecksum(segment) === 0;
  if ((bits & 7) !== 0 || (type !== 0x0800 && type !== 0x86dd)) return { checksumOk };
  return type === (inner[0]! >>> 4 === 6 ? 0x86dd : 0x0800)
    ? { checksumOk, inner: dissect(inner) }
    : { checksumOk };
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
/** Matches an ICMPv6 message of a type and code with a correct checksum. */
export const isIcmpv6 = (type: number, code: number, ...matchers: readonly Matcher[]): Matcher =>
  all([field("protocol", 58), isIcmp(type, code, ...matchers)]);
/** Matches an SCTP packet with a correct checksum. */
export const isSctp = (...matchers: readonly Matcher[]): Matcher =>
  all([field("protocol", 132), field("checksumOk", true), ...matchers]);
/** Matches a packet in an IP in IP tunnel of the right protocol, when the packet inside matches. */
export const isIpip =
  (...matchers: readonly Matcher[]): Matcher =>
  (packet) =>
    field("protocol", packet.inner?.family === 6 ? 41 : 4)(packet) ?? carries(...matchers)(packet);
/** Matches a packet in a GRE tunnel, its checksum correct or absent, when the packet inside matches. */
export const isGre = (...matchers: readonly Matcher[]): Matcher =>
  all([field("protocol", 47), field("checksumOk", true), carries(...matchers)]);
/**
 * Matches a packet in a GUE tunnel to a port, when the packet inside matches. Over either family the UDP
 * checksum is correct or absent (RFC 6935 §5).
 */
export const isGue =
  (port: number, ...matchers: readonly Matcher[]): Matcher =>
  (packet) =>
    all([field("protocol", 17), dstPort(port)])(packet) ??
    (packet.unchecked ? undefined : field("checksumOk", true)(packet)) ??
    carries(...matchers)(withGue(packet));
/** Matches a fragment, the first one included, that begins at an offset in bytes and is the last or not. */
export const isFragment = (offset: number, last: "last" | "more"): Matcher =>
  all([field("fragmentOffset", offset), field("mf", last === "more")]);
/** Matches when the packet inside, of a tunnel or quoted by an error, matches. */
export const carries =
  (...matchers: readonly Matcher[]): Matcher =>
  (packet) =>
    packet.inner === undefined ? "has no packet inside" : all(matchers)(packet.inner);

/** Returns a UDP packet with what its payload carries behind a GUE data header, if it does. */
function withGue(packet: Dissected): Dissected {
  const [first = 0xff, protocol] = packet.payload;
  const inner = packet.payload.subarray(4 + 4 * (first & 31));
  const isData = first >>> 5 === 0 && protocol === (inner[0]! >>> 4 === 6 ? 41 : 4);
  return isData ? { ...packet, inner: dissect(inner) } : packet;
}

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
