/**
 * ICMPv6 messages as text, in the words of tcpdump(8): errors, echo, neighbour discovery.
 *
 * Accepts any bytes `[at, end)`; what is missing shows as `[|icmp6]`.
 *
 * @module
 */
import * as icmpv6 from "./icmpv6.ts";
import { echoText } from "./text-icmp.ts";
import { quotedPacket, UNKNOWN } from "./text-quoted.ts";
import { addressText, protocolName } from "./text-words.ts";

/** Codes of "parameter problem" (RFC 4443 §3.4, RFC 7112 §5). */
const PROBLEMS = ["erroneous", "next header", "option", "incomplete header chain"] as const;
/** Messages of which no more is told (RFC 2710, RFC 3810, RFC 4861). */
const NAMES: ReadonlyMap<number, string> = new Map([
  [130, "multicast listener query"],
  [131, "multicast listener report"],
  [132, "multicast listener done"],
  [133, "router solicitation"],
  [134, "router advertisement"],
  [143, "multicast listener report v2"],
]);
const NEIGHBOR_SOLICITATION = 135;
/** Codes of `UNREACHABLE` that have no name elsewhere (RFC 4443 §3.1). */
const PROHIBITED = 1;
const BEYOND_SCOPE = 2;
const ADDRESS_LENGTH = 16;

/** Returns what the ICMPv6 message in `[at, end)` says. */
export function icmpv6Text(view: DataView, at: number, end: number): string {
  if (!icmpv6.isWhole(at, end)) return "ICMP6 [|icmp6]";
  return `ICMP6, ${messageText(view, at, end)}, length ${end - at}`;
}

function messageText(view: DataView, at: number, end: number): string {
  const type = icmpv6.type(view, at);
  switch (type) {
    case icmpv6.UNREACHABLE:
      return `destination unreachable, ${unreachable(view, at, end)}`;
    case icmpv6.PACKET_TOO_BIG:
      return `packet too big, mtu ${icmpv6.rest(view, at)}`;
    case icmpv6.TIME_EXCEEDED:
      return `time exceeded in-transit${lateness(view, at, end)}`;
    case icmpv6.PARAMETER_PROBLEM:
      return `parameter problem, ${problem(view, at)}`;
    case icmpv6.ECHO_REQUEST:
      return `echo request, ${echoText(view, at)}`;
    case icmpv6.ECHO_REPLY:
      return `echo reply, ${echoText(view, at)}`;
    case NEIGHBOR_SOLICITATION:
      return `neighbor solicitation, who has ${address(view, at, end)}`;
    case icmpv6.NEIGHBOR_ADVERTISEMENT:
      return `neighbor advertisement, tgt is ${address(view, at, end)}`;
    case icmpv6.REDIRECT:
      return `redirect, ${address(view, at + ADDRESS_LENGTH, end)} to ${address(view, at, end)}`;
    default:
      return NAMES.get(type) ?? `unknown icmp6 type (${type})`;
  }
}

function unreachable(view: DataView, at: number, end: number): string {
  const { from, to, protocol, port } = quotedPacket(view, at + icmpv6.HEADER_LENGTH, end);
  if (to === UNKNOWN) return "unreachable [|icmp6]";
  const code = icmpv6.code(view, at);
  switch (code) {
    case icmpv6.NO_ROUTE:
      return `unreachable route ${to}`;
    case PROHIBITED:
      return `unreachable prohibited ${to}`;
    case BEYOND_SCOPE:
      return `beyond scope ${to}, source address ${from}`;
    case icmpv6.ADDRESS_UNREACHABLE:
      return `unreachable address ${to}`;
    case icmpv6.PORT_UNREACHABLE:
      return `unreachable port, ${to} ${protocolName(protocol)}${port === undefined ? "" : ` port ${port}`}`;
    default:
      return `unknown unreach code (${code})`;
  }
}

function lateness(view: DataView, at: number, end: number): string {
  const code = icmpv6.code(view, at);
  if (code === 1) return " (reassembly)";
  if (code !== 0) return `, unknown code (${code})`;
  return ` for ${quotedPacket(view, at + icmpv6.HEADER_LENGTH, end).to}`;
}

function problem(view: DataView, at: number): string {
  const code = icmpv6.code(view, at);
  const known = PROBLEMS[code];
  return known === undefined ? `code-#${code}` : `${known} - octet ${icmpv6.rest(view, at)}`;
}

/** Returns the first address behind the header of the message at `at`. */
function address(view: DataView, at: number, end: number): string {
  const place = at + icmpv6.HEADER_LENGTH;
  return place + ADDRESS_LENGTH <= end ? addressText(view, place, ADDRESS_LENGTH) : "[|icmp6]";
}
