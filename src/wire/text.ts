/**
 * IP packets as text, one line each, in the words of tcpdump(8) with `-n -t -S`.
 *
 *     IP 10.1.2.3.40000 > 10.0.0.100.80: Flags [S], seq 7, win 65535, length 0
 *     IP 10.0.0.1 > 10.0.0.2: IP 10.1.2.3.53 > 10.0.0.100.53: UDP, length 4
 *     IP6 2001:db8::1 > 2001:db8::2: frag (0|24) 40000 > 8000: UDP, length 40
 *
 * Any bytes give a line and nothing throws: what is missing shows as `[|tcp]`, as in tcpdump.
 *
 * @module
 */
import * as ipNumber from "../net/protocol.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import { NO_NEXT_HEADER } from "./ipv6-extensions.ts";
import { icmpText } from "./text-icmp.ts";
import { icmpv6Text } from "./text-icmpv6.ts";
import { authenticationLength, authenticationText, espText } from "./text-ipsec.ts";
import { extensionsText, ipv6Fields } from "./text-ipv6.ts";
import { sctpText } from "./text-sctp.ts";
import { tcpText, udpText } from "./text-transport.ts";
import { greText, gueText } from "./text-tunnel.ts";
import { addressText, protocolName } from "./text-words.ts";

/** How much a line says. */
export interface TextOptions {
  /** Adds TTL or hop limit, identification and other fields, as `-v` does, but on the same line. */
  readonly verbose?: boolean;
}

/** A piece of a packet that remains to be told. */
interface Part {
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
  readonly verbose: boolean;
}

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
  if (part.end - at < ipv6.HEADER_LENGTH) return "[|ip6]";
  const missing = ipv6.totalLength(view, at) - (part.end - at);
  const cut = missing > 0 ? `truncated-ip6 - ${missing} bytes missing! ` : "";
  const start = cut + (part.verbose ? `${ipv6Fields(view, at)} ` : "");
  const from = addressText(view, at + 8, 16);
  const to = addressText(view, at + 24, 16);
  const end = Math.min(at + ipv6.totalLength(view, at), part.end);
  const { text, protocol, transport, ended } = extensionsText(view, at, end, part.verbose);
  if (ended) return `${start}${from} > ${to}:${text}`;
  const payload = { ...part, at: transport, end };
  const payloadSaid = payloadText(payload, protocol, depth);
  if (text === "") return `${start}${ends(payload, protocol, from, to)}: ${payloadSaid}`;
  return `${start}${from} > ${to}:${text} ${portsBefore(payload, protocol)}${payloadSaid}`;
}

/** Returns what the payload of an IP packet says. */
function payloadText(part: Part, protocol: number, depth: number): string {
  const { view, at, end } = part;
  switch (protocol) {
    case ipNumber.TCP:
      return tcpText(view, at, end);
    case ipNumber.UDP:
      return datagramText(part, depth);
    case ipNumber.SCTP:
      return sctpText(view, at, end);
    case ipNumber.ICMP:
      return icmpText(view, at, end);
    case ipNumber.ICMPV6:
      return icmpv6Text(view, at, end);
    case ipNumber.IPIP:
    case ipNumber.IPV6_IN_IP:
      return ipText(part, depth + 1);
    case ipNumber.GRE: {
      const { text, inner } = greText(view, at, end);
      return inner < 0 ? text : text + ipText({ ...part, at: inner }, depth + 1);
    }
    case ipNumber.ESP:
      return espText(view, at, end);
    case ipNumber.AH:
      return authenticatedText(part, depth);
    case NO_NEXT_HEADER:
      return "no next header";
    default:
      return `${protocolName(protocol)} ${end - at}`;
  }
}

function datagramText(part: Part, depth: number): string {
  const { view, at, end } = part;
  const text = udpText(view, at, end);
  const tunnel = gueText(view, at, end);
  if (tunnel === undefined) return text;
  return `${text}: ${tunnel.text}${ipText({ ...part, at: tunnel.inner }, depth + 1)}`;
}

/** What an authentication header of IPv4 covers follows it, as in IPv6. */
function authenticatedText(part: Part, depth: number): string {
  const { view, at, end } = part;
  const text = authenticationText(view, at, end);
  const length = authenticationLength(view, at, end);
  if (length === undefined || depth > MAX_DEPTH) return text;
  const payload = { ...part, at: at + length };
  const next = view.getUint8(at);
  return `${text}: ${portsBefore(payload, next)}${payloadText(payload, next, depth + 1)}`;
}

/** Returns both ends, with ports where the protocol has them and they are there. */
function ends(payload: Part, protocol: number, from: string, to: string): string {
  const ports = portsOf(payload, protocol);
  return ports === undefined ? `${from} > ${to}` : `${from}.${ports[0]} > ${to}.${ports[1]}`;
}

/** Returns the ports alone, for where the addresses have been told. */
function portsBefore(payload: Part, protocol: number): string {
  const ports = portsOf(payload, protocol);
  return ports === undefined ? "" : `${ports[0]} > ${ports[1]}: `;
}

function portsOf({ view, at, end }: Part, protocol: number): readonly [number, number] | undefined {
  if (!ipNumber.hasPorts(protocol) || end - at < 4) return undefined;
  return [view.getUint16(at), view.getUint16(at + 2)];
}
