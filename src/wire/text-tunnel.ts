/**
 * Tunnel headers as text, and where the packet in the tunnel begins.
 *
 * GRE is told in the words of tcpdump(8). GUE, which tcpdump does not know, is told when a datagram goes
 * to its port and carries an IP packet.
 *
 * @module
 */
import { IPIP, IPV6_IN_IP } from "../net/protocol.ts";
import * as gre from "./gre.ts";
import * as gue from "./gue.ts";
import { hexText } from "./text-words.ts";
import * as udp from "./udp.ts";

/** A tunnel's header. */
export interface TunnelText {
  readonly text: string;
  /** First byte of the IP packet inside, or -1 when there is none. */
  readonly inner: number;
}

const ROUTING_PRESENT = 0x4000;
const VERSION_MASK = 7;

/** Returns what the GRE header in `[at, end)` says. */
export function greText(view: DataView, at: number, end: number): TunnelText {
  if (!gre.isWhole(at, end)) return { text: "[|gre]", inner: -1 };
  const flags = gre.flags(view, at);
  const version = `GREv${flags & VERSION_MASK}`;
  const type = gre.protocol(view, at);
  const length = `length ${end - at}`;
  // Version 1 is PPTP's (RFC 2637), routing is deprecated (RFC 2784 §2.1); both mean other headers.
  const known = (flags & VERSION_MASK) === 0 && (flags & ROUTING_PRESENT) === 0;
  if (!known) return { text: `${version}, ${length}: gre-proto-${hexText(type)}`, inner: -1 };
  const inner = at + gre.headerLength(view, at);
  if (inner > end) return { text: `${version} [|gre]`, inner: -1 };
  const said = [version, ...greOptions(view, at, flags), length].join(", ");
  if (type !== gre.PROTOCOL_IPV4 && type !== gre.PROTOCOL_IPV6) {
    return { text: `${said}: gre-proto-${hexText(type)}`, inner: -1 };
  }
  return { text: `${said}: `, inner };
}

/** Returns the optional parts; of a checksum tcpdump tells the reserved half behind it, an offset once. */
function greOptions(view: DataView, at: number, flags: number): string[] {
  const options: string[] = [];
  let place = at + gre.HEADER_LENGTH;
  if (flags & gre.CHECKSUM_PRESENT) {
    options.push(`off ${hexText(view.getUint16(place + 2))}`);
    place += 4;
  }
  if (flags & gre.KEY_PRESENT) {
    options.push(`key=${hexText(view.getUint32(place))}`);
    place += 4;
  }
  if (flags & gre.SEQUENCE_PRESENT) options.push(`seq ${view.getUint32(place)}`);
  return options;
}

/**
 * Returns what is said of the GUE header in the UDP datagram `[at, end)`; `undefined` when the datagram
 * does not go to GUE's port or carries nothing that looks like an IP packet.
 */
export function gueText(view: DataView, at: number, end: number): TunnelText | undefined {
  const header = at + udp.HEADER_LENGTH;
  if (!gue.isWhole(header, end) || udp.dstPort(view, at) !== gue.PORT) return undefined;
  if (gue.version(view, header) !== 0 || gue.isControl(view, header)) return undefined;
  const inner = header + gue.headerLength(view, header);
  if (inner >= end) return undefined;
  const version = view.getUint8(inner) >>> 4;
  const protocol = gue.protocol(view, header);
  const isIp = (protocol === IPIP && version === 4) || (protocol === IPV6_IN_IP && version === 6);
  return isIp ? { text: "GUE, ", inner } : undefined;
}
