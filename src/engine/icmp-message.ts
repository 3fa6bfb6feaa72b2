/**
 * What kind of ICMP message a packet is, as far as the director cares.
 *
 * @module
 */
import { AH, ESP, ICMP, ICMPV6, isBalanced } from "../net/protocol.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import type { Packet } from "./packet.ts";

/** Kinds of messages. */
export const MESSAGE = {
  /** No ICMP message, or one that reports no error the director follows: echo, redirect, and so on. */
  other: 0,
  /** An error about a packet it quotes. */
  error: 1,
  /** Cut off in its header. */
  unreadable: 2,
} as const;

/**
 * Returns the kind of a packet.
 *
 * Source: linux ip_vs_core.c `ip_vs_in_icmp`: of ICMP unreachable, source quench and time exceeded; of
 * ICMPv6 all below 128.
 */
export function messageKind(packet: Packet): (typeof MESSAGE)[keyof typeof MESSAGE] {
  const { family, view, transport, end } = packet;
  if (packet.protocol !== (family === 4 ? ICMP : ICMPV6)) return MESSAGE.other;
  if (!icmpv4.isWhole(transport, end)) return MESSAGE.unreadable;
  const type = icmpv4.type(view, transport);
  const error =
    family === 4
      ? type === icmpv4.UNREACHABLE ||
        type === icmpv4.SOURCE_QUENCH ||
        type === icmpv4.TIME_EXCEEDED
      : icmpv6.isError(type);
  return error ? MESSAGE.error : MESSAGE.other;
}

/** Whether a quoted packet can belong to a connection: of a balanced protocol, and not a later fragment. */
export function isFollowed(quoted: Packet): boolean {
  if (!isBalanced(quoted.protocol)) return false;
  return quoted.fragmentOffset === 0 || quoted.protocol === AH || quoted.protocol === ESP;
}
