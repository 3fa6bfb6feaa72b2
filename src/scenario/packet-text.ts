/**
 * Packets in the short form of transcripts: `TCP 10.1.2.3:40000>10.0.0.100:80 S len=0`.
 *
 * What a packet carries stands in braces behind it: `IPIP 192.168.10.1>192.168.10.11 {TCP ...}`. Lengths
 * are those of the bytes there are, whatever the headers claim. Any bytes give a text: `?` for no packet.
 *
 * @module
 */
import { addressFromBytes, formatAddress } from "../net/address.ts";
import * as number from "../net/protocol.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as sctp from "../wire/sctp.ts";
import * as tcp from "../wire/tcp.ts";
import * as udp from "../wire/udp.ts";
import { flagLetters } from "./tcp-flags.ts";

/** Extension headers that are passed over: hop-by-hop, routing, destination options (RFC 8200 §4). */
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60]);
/** Bytes of the shortest extension header. */
const LEAST_EXTENSION = 8;
/** ICMPv6 types below are errors (RFC 4443 §2.1). */
const ICMPV6_INFORMATION = 128;

/** An IP packet, its network header read. */
interface Read {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly family: 4 | 6;
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  /** First byte behind the network headers. May lie behind the end, as a header may lie. */
  readonly at: number;
  /** Bytes of what follows; negative where `at` lies behind the end. */
  readonly length: number;
}

/** Returns the text of an IP packet. */
export function packetText(bytes: Uint8Array): string {
  if (bytes.length === 0) return "empty";
  const version = bytes[0]! >>> 4;
  if (version === 4 && bytes.length >= ipv4.HEADER_LENGTH) return ipv4Text(bytes);
  if (version === 6 && bytes.length >= ipv6.HEADER_LENGTH) return ipv6Text(bytes);
  return "?";
}

function ipv4Text(bytes: Uint8Array): string {
  const view = viewOf(bytes);
  const protocol = ipv4.protocol(view, 0);
  const [from, to] = [textOf(bytes, 12, 16), textOf(bytes, 16, 20)];
  const offset = ipv4.fragment(view, 0) & ipv4.OFFSET_MASK;
  if (offset > 0) return `FRAG ${from}>${to} proto=${protocol} off=${offset * 8}`;
  const at = ipv4.headerLength(view, 0);
  return payloadText({ bytes, view, family: 4, from, to, protocol, at, length: bytes.length - at });
}

function ipv6Text(bytes: Uint8Array): string {
  const view = viewOf(bytes);
  const [from, to] = [textOf(bytes, 8, 24), textOf(bytes, 24, 40)];
  let protocol = ipv6.nextHeader(view, 0);
  let at = ipv6.HEADER_LENGTH;
  while (EXTENSIONS.has(protocol) && bytes.length - at >= LEAST_EXTENSION) {
    protocol = bytes[at]!;
    at += 8 * (bytes[at + 1]! + 1);
  }
  return payloadText({ bytes, view, family: 6, from, to, protocol, at, length: bytes.length - at });
}

function payloadText(packet: Read): string {
  const { bytes, view, from, to, protocol, at, length } = packet;
  switch (protocol) {
    case number.TCP: {
      if (length < tcp.HEADER_LENGTH) break;
      const flags = flagLetters(tcp.flags(view, at));
      return `TCP ${endsText(packet)} ${flags} len=${length - tcp.headerLength(view, at)}`;
    }
    case number.UDP:
      if (length < udp.HEADER_LENGTH) break;
      return `UDP ${endsText(packet)} len=${length - udp.HEADER_LENGTH}`;
    case number.SCTP:
      if (length <= sctp.HEADER_LENGTH) break;
      return `SCTP ${endsText(packet)} chunk=${bytes[at + sctp.HEADER_LENGTH]}`;
    case number.ICMP:
    case number.ICMPV6:
      if (length < icmpv4.HEADER_LENGTH) break;
      return icmpText(packet);
    case number.IPIP:
      return `IPIP ${from}>${to} {${packetText(bytes.subarray(at))}}`;
    case number.IPV6_IN_IP:
      return `IP6TUN ${from}>${to} {${packetText(bytes.subarray(at))}}`;
  }
  return `IP ${from}>${to} proto=${protocol} len=${length}`;
}

/** Type, code and second word stand at the same places in both families. */
function icmpText({ bytes, view, family, from, to, at }: Read): string {
  const type = icmpv4.type(view, at);
  const rest = icmpv4.rest(view, at).toString(16).padStart(8, "0");
  const name = family === 4 ? "ICMP" : "ICMP6";
  const head = `${name} ${from}>${to} type=${type} code=${icmpv4.code(view, at)} rest=${rest}`;
  const isError = family === 4 ? icmpv4.isError(type) : type < ICMPV6_INFORMATION;
  return isError ? `${head} {${packetText(bytes.subarray(at + icmpv4.HEADER_LENGTH))}}` : head;
}

/** Ports stand at the same places in TCP, UDP and SCTP. */
function endsText({ view, family, from, to, at }: Read): string {
  const [fromPort, toPort] = [view.getUint16(at), view.getUint16(at + 2)];
  return family === 4
    ? `${from}:${fromPort}>${to}:${toPort}`
    : `[${from}]:${fromPort}>[${to}]:${toPort}`;
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return formatAddress(addressFromBytes(bytes.subarray(start, end)));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
