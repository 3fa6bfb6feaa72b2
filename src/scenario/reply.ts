/**
 * Answers to packets, as the other end would send them.
 *
 * @module
 */
import { addressFromBytes } from "../net/address.ts";
import * as number from "../net/protocol.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { PacketSpec, ReplySpec } from "./packet-spec.ts";

/**
 * Returns the answer to a packet, its ends swapped; of an IPv4 tunnel, to the packet inside.
 *
 * @returns `undefined` for what cannot be answered: another protocol, or TCP or SCTP without the word
 *   that says with what
 */
export function replyTo(packet: Uint8Array, reply: ReplySpec): PacketSpec | undefined {
  const version = (packet[0] ?? 0) >>> 4;
  if (version === 4 && packet.length >= ipv4.HEADER_LENGTH) {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    const at = ipv4.headerLength(view, 0);
    const protocol = ipv4.protocol(view, 0);
    if (protocol === number.IPIP) return replyTo(packet.subarray(at), reply);
    return answer(packet, { protocol, at, addresses: 12, length: 4 }, reply);
  }
  if (version === 6 && packet.length >= ipv6.HEADER_LENGTH) {
    const layout = { protocol: packet[6]!, at: ipv6.HEADER_LENGTH, addresses: 8, length: 16 };
    return answer(packet, layout, reply);
  }
  return undefined;
}

/** Where things stand in a packet. */
interface Layout {
  readonly protocol: number;
  /** First byte of the transport header. */
  readonly at: number;
  /** First byte of the addresses. */
  readonly addresses: number;
  /** Bytes of an address. */
  readonly length: number;
}

function answer(packet: Uint8Array, layout: Layout, reply: ReplySpec): PacketSpec | undefined {
  const { protocol, at, addresses, length } = layout;
  if (packet.length < at + 4) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const address = (start: number) => addressFromBytes(packet.slice(start, start + length));
  const to = { address: address(addresses), port: view.getUint16(at) };
  const from = { address: address(addresses + length), port: view.getUint16(at + 2) };
  const { flags, chunks, options } = reply;
  switch (protocol) {
    case number.TCP:
      return flags === undefined ? undefined : { ...options, protocol: "tcp", from, to, flags };
    case number.UDP:
      return { ...options, protocol: "udp", from, to };
    case number.SCTP:
      return chunks === undefined ? undefined : { ...options, protocol: "sctp", from, to, chunks };
    default:
      return undefined;
  }
}
