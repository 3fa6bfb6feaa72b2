/**
 * Packets without what differs from run to run: the IPv4 identification a host draws for packets it makes
 * itself, and the source port of a tunnel in UDP, which hangs on a hash seed.
 *
 * Both become 0, and the checksums over them are carried along, so that a wrong checksum stays wrong.
 *
 * @module
 */
import * as number from "../net/protocol.ts";
import * as checksum from "../wire/checksum.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as udp from "../wire/udp.ts";
import type { SeenPacket } from "./transcript.ts";

/** Addresses of the director in the topology `std`, as numbers: its own, and the virtual ones. */
const OWN: ReadonlySet<number> = new Set([
  0x0a000001, 0xc0a80a01, 0x0a000064, 0x0a000065, 0x0a000066, 0x0a000067,
]);
/** What tunnels to real servers come from. */
const TUNNEL_SOURCE = 0xc0a80a01;
const TUNNEL_SOURCE6 = "20010db8000d00000000000000000001";
const TUNNEL_PORT = /UDP (192\.168\.10\.1|\[2001:db8:d::1\]):\d+>/;

const TUNNELS: ReadonlySet<number> = new Set([number.IPIP, number.IPV6_IN_IP, number.GRE]);
const HEX_ADDRESS6_AT = 16;

/** Returns a packet as it is told and recorded, without what differs. */
export function normalPacket(seen: SeenPacket | string): SeenPacket | string {
  if (typeof seen === "string") return normalText(seen);
  return { ...seen, pkt: normalBytes(seen.pkt), dec: normalText(seen.dec) };
}

function normalText(text: string): string {
  return text.replace(TUNNEL_PORT, "UDP $1:0>");
}

function normalBytes(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length >= ipv4.HEADER_LENGTH && ipv4.version(view, 0) === 4) normal4(view);
  if (bytes.length >= ipv6.HEADER_LENGTH && ipv4.version(view, 0) === 6) normal6(view, hex);
  return bytes.toString("hex");
}

function normal4(view: DataView): void {
  const source = ipv4.src(view, 0);
  const protocol = ipv4.protocol(view, 0);
  const at = ipv4.headerLength(view, 0);
  const isTunnel = protocol === number.UDP && source === TUNNEL_SOURCE;
  if (!OWN.has(source) || !(isTunnel || TUNNELS.has(protocol) || isOwnMessage(view, at))) return;
  const header = checksum.replace16(ipv4.headerChecksum(view, 0), ipv4.id(view, 0), 0);
  ipv4.setId(view, 0, 0);
  ipv4.setHeaderChecksum(view, 0, header);
  if (isTunnel && !isLaterFragment(view)) forgetPort(view, at);
}

function normal6(view: DataView, hex: string): void {
  const source = hex.slice(HEX_ADDRESS6_AT, HEX_ADDRESS6_AT + TUNNEL_SOURCE6.length);
  if (source !== TUNNEL_SOURCE6 || ipv6.nextHeader(view, 0) !== number.UDP) return;
  forgetPort(view, ipv6.HEADER_LENGTH);
}

/** Whether it is an ICMP error or an echo reply. */
function isOwnMessage(view: DataView, at: number): boolean {
  if (ipv4.protocol(view, 0) !== number.ICMP || at >= view.byteLength) return false;
  const type = icmpv4.type(view, at);
  return icmpv4.isError(type) || type === icmpv4.ECHO_REPLY;
}

function isLaterFragment(view: DataView): boolean {
  return (ipv4.fragment(view, 0) & ipv4.OFFSET_MASK) !== 0;
}

function forgetPort(view: DataView, at: number): void {
  if (!udp.isWhole(at, view.byteLength)) return;
  const sum = udp.checksum(view, at);
  const port = udp.srcPort(view, at);
  udp.setSrcPort(view, at, 0);
  if (sum !== 0) udp.setChecksum(view, at, checksum.replace16(sum, port, 0));
}
