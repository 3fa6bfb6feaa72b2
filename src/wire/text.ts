/**
 * IP packets as text, one line each, in the words of tcpdump(8) with `-n -t -S`.
 *
 *     IP 10.1.2.3.40000 > 10.0.0.100.80: Flags [S], seq 7, win 65535, length 0
 *     IP 10.0.0.1 > 10.0.0.2: IP 10.1.2.3.53 > 10.0.0.100.53: UDP, length 4
 *
 * Any bytes give a line and nothing throws: what is missing shows as `[|tcp]`, as in tcpdump.
 *
 * @module
 */
import * as ipNumber from "../net/protocol.ts";
import * as ipv4 from "./ipv4.ts";
import { addressText, icmp6Text, icmpText, protocolName } from "./text-icmp.ts";
import { sctpText, tcpText, udpText } from "./text-transport.ts";

/** How much a line says. */
export interface TextOptions {
  /** Adds TTL, identification and fragment fields, as `-v` does, but on the same line. */
  readonly verbose?: boolean;
}

/** A piece of a packet that remains to be told. */
interface Part {
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
  readonly verbose: boolean;
}

const IPV6_HEADER = 40;
const FRAGMENT_HEADER = 44;
/** Extension headers that may come before the payload, and tcpdump's names. */
const EXTENSIONS: ReadonlyMap<number, string> = new Map([
  [0, "HBH"],
  [43, "srcrt"],
  [FRAGMENT_HEADER, "frag"],
  [60, "DSTOPT"],
]);
/** A packet in a packet in a packet … is told to this depth. */
const MAX_DEPTH = 8;

/** Returns the line for the IP packet in `bytes`, without a line break. */
export function packetText(bytes: Uint8Array, options: TextOptions = {}): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return ipText({ view, at: 0, end: bytes.length, verbose: options.verbose ?? false }, 0);
}

function ipText(part: Part, depth: number): string {
  const { view, at, end } = part;
  if (at >= end || depth > MAX_DEPTH) return "[|ip]";
  const version = view.getUint8(at) >>> 4;
  if (version === 4) return `IP ${ipv4Text(part, depth)}`;
  if (version === 6) return `IP6 ${ipv6Text(part, depth)}`;
  return `IP version ${version}, length ${end - at}`;
}

function ipv4Text(part: Part, depth: number): string {
  const { view, at, end } = part;
  if (end - at < ipv4.HEADER_LENGTH) return "[|ip]";
  const header = ipv4.headerLength(view, at);
  const total = ipv4.totalLength(view, at);
  if (header < ipv4.HEADER_LENGTH) return `bad-hlen ${header}`;
  if (total < header) return `bad-len ${total}`;
  const missing = total - (end - at);
  const cut = missing > 0 ? `truncated-ip - ${missing} bytes missing! ` : "";
  const start = cut + (part.verbose ? `${ipv4Fields(view, at)} ` : "");
  const protocol = ipv4.protocol(view, at);
  const from = addressText(view, at + 12, 4);
  const to = addressText(view, at + 16, 4);
  if (ipv4.fragment(view, at) & ipv4.OFFSET_MASK) {
    return `${start}${from} > ${to}: ip-proto-${protocol}`;
  }
  const payload = { ...part, at: Math.min(at + header, end), end: Math.min(at + total, end) };
  return `${start}${ends(payload, protocol, from, to)}: ${payloadText(payload, protocol, depth)}`;
}

function ipv4Fields(view: DataView, at: number): string {
  const fragment = ipv4.fragment(view, at);
  const more = fragment & ipv4.MORE_FRAGMENTS ? ["+"] : [];
  const flags = [...more, ...(ipv4.dontFragment(view, at) ? ["DF"] : [])];
  const protocol = ipv4.protocol(view, at);
  const fields = [
    `tos 0x${ipv4.tos(view, at).toString(16)}`,
    `ttl ${ipv4.ttl(view, at)}`,
    `id ${ipv4.id(view, at)}`,
    `offset ${(fragment & ipv4.OFFSET_MASK) * 8}`,
    `flags [${flags.join(", ") || "none"}]`,
    `proto ${protocolName(protocol).toUpperCase()} (${protocol})`,
    `length ${ipv4.totalLength(view, at)}`,
  ];
  return `(${fields.join(", ")})`;
}

function ipv6Text(part: Part, depth: number): string {
  const { view, at } = part;
  if (part.end - at < IPV6_HEADER) return "[|ip6]";
  const length = view.getUint16(at + 4);
  const missing = length - (part.end - at - IPV6_HEADER);
  const cut = missing > 0 ? `truncated-ip6 - ${missing} bytes missing! ` : "";
  const hops = view.getUint8(at + 7);
  const start = cut + (part.verbose ? `(hlim ${hops}, length ${length}) ` : "");
  const from = addressText(view, at + 8, 16);
  const to = addressText(view, at + 24, 16);
  const end = Math.min(at + IPV6_HEADER + length, part.end);
  let next = view.getUint8(at + 6);
  let header = at + IPV6_HEADER;
  let extensions = "";
  for (let name = EXTENSIONS.get(next); name !== undefined; name = EXTENSIONS.get(next)) {
    if (end - header < 8) return `${start}${from} > ${to}:${extensions} [|${name}]`;
    const isFragment = next === FRAGMENT_HEADER;
    const offset = isFragment ? view.getUint16(header + 2) & 0xfff8 : 0;
    extensions += isFragment ? ` frag (${offset}|${end - header - 8})` : ` ${name}`;
    if (offset > 0) return `${start}${from} > ${to}:${extensions}`;
    next = view.getUint8(header);
    header += isFragment ? 8 : 8 * (view.getUint8(header + 1) + 1);
  }
  const payload = { ...part, at: Math.min(header, end), end };
  const text = payloadText(payload, next, depth);
  if (extensions === "") return `${start}${ends(payload, next, from, to)}: ${text}`;
  const ports = portsOf(payload, next);
  const told = ports && `${ports[0]} > ${ports[1]}: `;
  return `${start}${from} > ${to}:${extensions} ${told ?? ""}${text}`;
}

/** Returns what the payload of an IP packet says. */
function payloadText(part: Part, protocol: number, depth: number): string {
  const { view, at, end } = part;
  switch (protocol) {
    case ipNumber.TCP:
      return tcpText(view, at, end);
    case ipNumber.UDP:
      return udpText(view, at, end);
    case ipNumber.SCTP:
      return sctpText(view, at, end);
    case ipNumber.ICMP:
      return icmpText(view, at, end);
    case ipNumber.ICMPV6:
      return icmp6Text(view, at, end);
    case ipNumber.IPIP:
    case ipNumber.IPV6_IN_IP:
      return ipText(part, depth + 1);
    case ipNumber.GRE:
      return greText(part, depth);
    case ipNumber.ESP:
      return end - at < 8 ? "[|esp]" : `ESP(${association(view, at)}), length ${end - at}`;
    case ipNumber.AH:
      return end - at < 12 ? "[|ah]" : `AH(${association(view, at + 4)}), length ${end - at}`;
    default:
      return `${protocolName(protocol)} ${end - at}`;
  }
}

function greText(part: Part, depth: number): string {
  const { view, at, end } = part;
  if (end - at < 4) return "[|gre]";
  const flags = view.getUint16(at);
  const type = view.getUint16(at + 2);
  // Checksum, key and sequence number are 4 bytes each, where present (RFC 2784, RFC 2890).
  const header = 4 + [0x8000, 0x2000, 0x1000].filter((bit) => flags & bit).length * 4;
  const isIp = type === 0x0800 || type === 0x86dd;
  const text = isIp
    ? ipText({ ...part, at: Math.min(at + header, end) }, depth + 1)
    : `gre-proto-0x${type.toString(16)}`;
  return `GREv${flags & 7}, length ${end - at}: ${text}`;
}

/** Returns the security association and sequence number at `at` (RFC 4302, RFC 4303). */
function association(view: DataView, at: number): string {
  const spi = view.getUint32(at).toString(16).padStart(8, "0");
  return `spi=0x${spi},seq=0x${view.getUint32(at + 4).toString(16)}`;
}

/** Returns both ends, with ports where the protocol has them and they are there. */
function ends(payload: Part, protocol: number, from: string, to: string): string {
  const ports = portsOf(payload, protocol);
  return ports === undefined ? `${from} > ${to}` : `${from}.${ports[0]} > ${to}.${ports[1]}`;
}

function portsOf({ view, at, end }: Part, protocol: number): readonly [number, number] | undefined {
  if (!ipNumber.hasPorts(protocol) || end - at < 4) return undefined;
  return [view.getUint16(at), view.getUint16(at + 2)];
}
