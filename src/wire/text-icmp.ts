/**
 * ICMP messages as text, in the words of tcpdump(8).
 *
 * Accepts any bytes `[at, end)`; what is missing shows as `[|icmp]`.
 *
 * @module
 */
import { TCP, UDP } from "../net/protocol.ts";
import * as icmpv4 from "./icmpv4.ts";
import { quotedPacket } from "./text-quoted.ts";
import { addressText, protocolName } from "./text-words.ts";

/** What codes of "unreachable" say, with `?` for the destination (RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1). */
const UNREACHABLE: readonly (readonly [code: number, text: string])[] = [
  [0, "net ? unreachable"],
  [icmpv4.HOST_UNREACHABLE, "host ? unreachable"],
  [5, "? unreachable - source route failed"],
  [6, "net ? unreachable - unknown"],
  [7, "host ? unreachable - unknown"],
  [8, "? unreachable - source host isolated"],
  [9, "net ? unreachable - admin prohibited"],
  [10, "host ? unreachable - admin prohibited"],
  [11, "net ? unreachable - tos prohibited"],
  [12, "host ? unreachable - tos prohibited"],
  [13, "host ? unreachable - admin prohibited filter"],
  [14, "host ? unreachable - host precedence violation"],
  [15, "host ? unreachable - precedence cutoff"],
];
const UNREACHABLE_TEXTS: ReadonlyMap<number, string> = new Map(UNREACHABLE);

/** Returns what the ICMP message in `[at, end)` says. */
export function icmpText(view: DataView, at: number, end: number): string {
  if (!icmpv4.isWhole(at, end)) return "ICMP [|icmp]";
  return `ICMP ${messageText(view, at, end)}, length ${end - at}`;
}

function messageText(view: DataView, at: number, end: number): string {
  const type = icmpv4.type(view, at);
  const code = icmpv4.code(view, at);
  switch (type) {
    case icmpv4.ECHO_REQUEST:
      return `echo request, ${echoText(view, at)}`;
    case icmpv4.ECHO_REPLY:
      return `echo reply, ${echoText(view, at)}`;
    case icmpv4.UNREACHABLE:
      return unreachable(view, at, end);
    case icmpv4.SOURCE_QUENCH:
      return "source quench";
    case icmpv4.REDIRECT:
      return redirect(view, at, end);
    case icmpv4.TIME_EXCEEDED:
      if (code > 1) return `time exceeded-#${code}`;
      return code === 0 ? "time exceeded in-transit" : "ip reassembly time exceeded";
    case icmpv4.PARAMETER_PROBLEM:
      return `parameter problem - ${code === 0 ? `octet ${view.getUint8(at + 4)}` : `code ${code}`}`;
    default:
      return `type-#${type}`;
  }
}

function unreachable(view: DataView, at: number, end: number): string {
  const { to, protocol, port } = quotedPacket(view, at + icmpv4.HEADER_LENGTH, end);
  const code = icmpv4.code(view, at);
  switch (code) {
    case icmpv4.PROTOCOL_UNREACHABLE:
      return `${to} protocol ${protocol} unreachable`;
    case icmpv4.PORT_UNREACHABLE: {
      const named = protocol === TCP || protocol === UDP;
      const name = named ? protocolName(protocol) : `protocol ${protocol}`;
      return `${to} ${name}${port === undefined ? "" : ` port ${port}`} unreachable`;
    }
    case icmpv4.FRAGMENTATION_NEEDED: {
      const mtu = icmpv4.rest(view, at) & 0xffff;
      return `${to} unreachable - need to frag${mtu > 0 ? ` (mtu ${mtu})` : ""}`;
    }
    default:
      return (UNREACHABLE_TEXTS.get(code) ?? `? unreachable - #${code}`).replace("?", to);
  }
}

/** For a network, for a host, and both for a type of service (RFC 792). */
function redirect(view: DataView, at: number, end: number): string {
  const { to } = quotedPacket(view, at + icmpv4.HEADER_LENGTH, end);
  const code = icmpv4.code(view, at);
  const router = addressText(view, at + 4, 4);
  if (code > 3) return `redirect-#${code} ${to} to ${router}`;
  return `redirect${code > 1 ? "-tos" : ""} ${to} to ${code % 2 === 0 ? "net" : "host"} ${router}`;
}

/** Returns identifier and sequence number of the echo message at `at`, of either version. */
export function echoText(view: DataView, at: number): string {
  return `id ${view.getUint16(at + 4)}, seq ${view.getUint16(at + 6)}`;
}
