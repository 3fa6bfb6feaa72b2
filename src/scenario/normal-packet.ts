/**
 * Packets without what differs from run to run: the IPv4 identification a host draws for packets it makes
 * itself, the port it draws for a tunnel in UDP, which hangs on a hash seed, and that for messages to other
 * directors; in answers to tunnels and in packets that ICMP errors quote as well.
 *
 * Both become 0, and the checksums over them are carried along, so that a wrong checksum stays wrong.
 *
 * @module
 */
import { parseAddress, sameWords } from "../net/address.ts";
import * as number from "../net/protocol.ts";
import * as checksum from "../wire/checksum.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as udp from "../wire/udp.ts";
import type { SeenPacket } from "./transcript.ts";

/** Addresses of the director in the topology `std`, as numbers: its own, and the virtual ones. */
const OWN: ReadonlySet<number> = new Set([
  0x0a000001, 0xc0a80a01, 0x0a000064, 0x0a000065, 0x0a000066, 0x0a000067,
]);
/** What tunnels to real servers come from. */
const TUNNEL_END = 0xc0a80a01;
const TUNNEL_END6 = parseAddress("2001:db8:d::1");
const TUNNEL_PORT = /(UDP |>)(192\.168\.10\.1|\[2001:db8:d::1\]):\d+/g;

/** A message to a group. */
const GROUP_PORT =
  /(UDP (?:[\d.]+|\[[\da-f:]+\]):)\d+(?=>(?:2(?:2[4-9]|3\d)(?:\.\d+){3}|\[ff[\da-f:]+\]):)/g;

/** Places of the ports in a UDP header. */
const FROM = 0;
const TO = 2;

/** Bits that mark a group of each family. */
const MULTICAST4 = 0xe;
const MULTICAST6 = 0xff;

const TUNNELS: ReadonlySet<number> = new Set([number.IPIP, number.IPV6_IN_IP, number.GRE]);

/** Returns a packet as it is told and recorded, without what differs. */
export function normalPacket(seen: SeenPacket | string): SeenPacket | string {
  if (typeof seen === "string") return normalText(seen);
  return { ...seen, pkt: normalBytes(seen.pkt), dec: normalText(seen.dec) };
}

/** Returns the text of a packet without what differs. */
export function normalText(text: string): string {
  return text.replaceAll(TUNNEL_PORT, "$1$2:0").replaceAll(GROUP_PORT, (_, before) => `${before}0`);
}

/** Returns the bytes of a packet, in hexadecimal, without what differs. */
export function normalBytes(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  normalize(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
  return bytes.toString("hex");
}

function normalize(view: DataView, at: number): void {
  const length = view.byteLength - at;
  if (length >= ipv4.HEADER_LENGTH && ipv4.version(view, at) === 4) normalize4(view, at);
  else if (length >= ipv6.HEADER_LENGTH && ipv4.version(view, at) === 6) normalize6(view, at);
}

function normalize4(view: DataView, at: number): void {
  const source = ipv4.src(view, at);
  const protocol = ipv4.protocol(view, at);
  const payload = at + ipv4.headerLength(view, at);
  const isPiece = (ipv4.fragment(view, at) & ipv4.OFFSET_MASK) !== 0;
  if (protocol === number.ICMP && !isPiece) normalizeQuoted(view, payload, icmpv4.isError);
  const isUdp = protocol === number.UDP && !isPiece;
  if (isUdp && ipv4.dst(view, at) === TUNNEL_END) forgetPort(view, payload, TO);
  const isTunnel = protocol === number.UDP && source === TUNNEL_END;
  const isMessage = protocol === number.UDP && ipv4.dst(view, at) >>> 28 === MULTICAST4;
  const isOwn = isTunnel || isMessage || TUNNELS.has(protocol) || isOwnMessage(view, at, payload);
  if (!OWN.has(source) || !isOwn) return;
  const sum = checksum.replace16(ipv4.headerChecksum(view, at), ipv4.id(view, at), 0);
  ipv4.setId(view, at, 0);
  ipv4.setHeaderChecksum(view, at, sum);
  if (isUdp && (isTunnel || isMessage)) forgetPort(view, payload, FROM);
}

function normalize6(view: DataView, at: number): void {
  const payload = at + ipv6.HEADER_LENGTH;
  const next = ipv6.nextHeader(view, at);
  if (next === number.ICMPV6) normalizeQuoted(view, payload, icmpv6.isError);
  if (next !== number.UDP) return;
  const end = new Uint32Array(4);
  ipv6.readSrc(view, at, end);
  if (sameWords(end, TUNNEL_END6.words)) forgetPort(view, payload, FROM);
  ipv6.readDst(view, at, end);
  if (end[0]! >>> 24 === MULTICAST6) forgetPort(view, payload, FROM);
  if (sameWords(end, TUNNEL_END6.words)) forgetPort(view, payload, TO);
}

/** Normalizes the packet an ICMP error quotes, and carries the error's checksum along. */
function normalizeQuoted(view: DataView, at: number, isError: (type: number) => boolean): void {
  const end = view.byteLength;
  if (!icmpv4.isWhole(at, end) || !isError(icmpv4.type(view, at))) return;
  const quoted = at + icmpv4.HEADER_LENGTH;
  const before = ~checksum.compute(view, quoted, end) & 0xffff;
  normalize(view, quoted);
  const after = ~checksum.compute(view, quoted, end) & 0xffff;
  icmpv4.setChecksum(view, at, checksum.replace16(icmpv4.checksum(view, at), before, after));
}

/** Whether it is an ICMP error or an echo reply, or one that is quoted without its type. */
function isOwnMessage(view: DataView, at: number, payload: number): boolean {
  if (ipv4.protocol(view, at) !== number.ICMP) return false;
  if (payload >= view.byteLength) return true;
  const type = icmpv4.type(view, payload);
  return icmpv4.isError(type) || type === icmpv4.ECHO_REPLY;
}

/** Sets the port at a place of the UDP header to 0. */
function forgetPort(view: DataView, at: number, place: typeof FROM | typeof TO): void {
  if (!udp.isWhole(at, view.byteLength)) return;
  const sum = udp.checksum(view, at);
  const port = view.getUint16(at + place);
  view.setUint16(at + place, 0);
  if (sum !== 0) udp.setChecksum(view, at, checksum.replace16(sum, port, 0));
}
