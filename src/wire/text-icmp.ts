/**
 * ICMP and ICMPv6 messages as text, in the words of tcpdump(8), and what they share with other lines.
 *
 * Accepts any bytes `[at, end)`; what is missing shows as `[|icmp]`.
 *
 * @module
 */
import { addressFromBytes, formatAddress } from "../net/address.ts";
import * as ipNumber from "../net/protocol.ts";
import * as icmpv4 from "./icmpv4.ts";
import * as ipv4 from "./ipv4.ts";

const IPV6_HEADER = 40;
/** Names as tcpdump writes them where there is no more to say. */
const PROTOCOL_NAMES: ReadonlyMap<number, string> = new Map([
  [ipNumber.ICMP, "icmp"],
  [ipNumber.IPIP, "ipip"],
  [ipNumber.TCP, "tcp"],
  [ipNumber.UDP, "udp"],
  [ipNumber.IPV6_IN_IP, "ipv6"],
  [ipNumber.GRE, "gre"],
  [ipNumber.ESP, "esp"],
  [ipNumber.AH, "ah"],
  [ipNumber.ICMPV6, "ipv6-icmp"],
  [ipNumber.SCTP, "sctp"],
]);
/** Codes of ICMPv6 "destination unreachable" (RFC 4443 §3.1). */
const UNREACHABLE6: readonly string[] = ["route", "prohibited", "beyond scope", "address", "port"];
const UNREACHABLE6_PORT = 4;

/** Returns what the ICMP message in `[at, end)` says. */
export function icmpText(view: DataView, at: number, end: number): string {
  if (!icmpv4.isWhole(at, end)) return "ICMP [|icmp]";
  return `ICMP ${messageText(view, at, end)}, length ${end - at}`;
}

function messageText(view: DataView, at: number, end: number): string {
  const type = icmpv4.type(view, at);
  switch (type) {
    case icmpv4.ECHO_REQUEST:
      return `echo request, ${echo(view, at)}`;
    case icmpv4.ECHO_REPLY:
      return `echo reply, ${echo(view, at)}`;
    case icmpv4.UNREACHABLE:
      return unreachable(view, at, end);
    case icmpv4.SOURCE_QUENCH:
      return "source quench";
    case icmpv4.REDIRECT:
      return `redirect ${quoted(view, at, end).to} to host ${addressText(view, at + 4, 4)}`;
    case icmpv4.TIME_EXCEEDED:
      return icmpv4.code(view, at) === 0
        ? "time exceeded in-transit"
        : "ip reassembly time exceeded";
    case icmpv4.PARAMETER_PROBLEM:
      return `parameter problem - octet ${view.getUint8(at + 4)}`;
    default:
      return `type-#${type}`;
  }
}

function unreachable(view: DataView, at: number, end: number): string {
  const about = quoted(view, at, end);
  const code = icmpv4.code(view, at);
  switch (code) {
    case 0:
      return `net ${about.to} unreachable`;
    case icmpv4.HOST_UNREACHABLE:
      return `host ${about.to} unreachable`;
    case icmpv4.PROTOCOL_UNREACHABLE:
      return `${about.to} protocol ${about.protocol} unreachable`;
    case icmpv4.PORT_UNREACHABLE:
      return `${about.to} ${protocolName(about.protocol)} port ${about.port} unreachable`;
    case icmpv4.FRAGMENTATION_NEEDED: {
      const mtu = icmpv4.rest(view, at) & 0xffff;
      return `${about.to} unreachable - need to frag${mtu > 0 ? ` (mtu ${mtu})` : ""}`;
    }
    default:
      return `${about.to} unreachable - #${code}`;
  }
}

/** Returns what the ICMPv6 message in `[at, end)` says. */
export function icmp6Text(view: DataView, at: number, end: number): string {
  if (!icmpv4.isWhole(at, end)) return "ICMP6 [|icmp6]";
  return `ICMP6, ${message6Text(view, at, end)}, length ${end - at}`;
}

/** Type, code, checksum and second word stand where ICMP has them. */
function message6Text(view: DataView, at: number, end: number): string {
  const type = icmpv4.type(view, at);
  const code = icmpv4.code(view, at);
  switch (type) {
    case 1: {
      const about = quoted(view, at, end);
      const told =
        code === UNREACHABLE6_PORT
          ? `, ${about.to} ${protocolName(about.protocol)} port ${about.port}`
          : ` ${about.to}`;
      const reason = UNREACHABLE6[code] ?? `code-#${code}`;
      return `destination unreachable, unreachable ${reason}${told}`;
    }
    case 2:
      return `packet too big, mtu ${icmpv4.rest(view, at)}`;
    case 3:
      return `time exceeded ${code === 0 ? "in-transit" : "(reassembly)"} for ${quoted(view, at, end).to}`;
    case 128:
      return `echo request, ${echo(view, at)}`;
    case 129:
      return `echo reply, ${echo(view, at)}`;
    default:
      return `type-#${type}`;
  }
}

/** Destination of the packet an error is about. */
interface Quoted {
  /** `?` where too little is quoted. */
  readonly to: string;
  readonly protocol: number;
  /** 0 where too little is quoted. */
  readonly port: number;
}

function quoted(view: DataView, message: number, end: number): Quoted {
  const at = message + icmpv4.HEADER_LENGTH;
  const version = at < end ? view.getUint8(at) >>> 4 : 0;
  if (version === 4 && end - at >= ipv4.HEADER_LENGTH) {
    const transport = at + ipv4.headerLength(view, at);
    const port = transport + 4 <= end ? view.getUint16(transport + 2) : 0;
    return { to: addressText(view, at + 16, 4), protocol: ipv4.protocol(view, at), port };
  }
  if (version === 6 && end - at >= IPV6_HEADER) {
    const transport = at + IPV6_HEADER;
    const port = transport + 4 <= end ? view.getUint16(transport + 2) : 0;
    return { to: addressText(view, at + 24, 16), protocol: view.getUint8(at + 6), port };
  }
  return { to: "?", protocol: 0, port: 0 };
}

function echo(view: DataView, at: number): string {
  return `id ${view.getUint16(at + 4)}, seq ${view.getUint16(at + 6)}`;
}

/** Returns the name of a protocol, or its number in tcpdump's form. */
export function protocolName(protocol: number): string {
  return PROTOCOL_NAMES.get(protocol) ?? `ip-proto-${protocol}`;
}

/** Returns the text of the address at `at`, 4 or 16 bytes long. */
export function addressText(view: DataView, at: number, length: 4 | 16): string {
  return formatAddress(addressFromBytes(new Uint8Array(view.buffer, view.byteOffset + at, length)));
}
