/**
 * Rewriting an ICMP error about a masqueraded connection: its own address, and the packet it quotes.
 *
 * The quoted packet's transport checksum is left alone: its receiver cannot verify what is cut off.
 *
 * Source: linux ip_vs_core.c `ip_vs_nat_icmp`, `ip_vs_nat_icmp_v6`; RFC 5508 §4.2 for the intent.
 *
 * @module
 */
import type { AddressWords } from "../../net/address.ts";
import * as checksum from "../../wire/checksum.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import * as icmpv6 from "../../wire/icmpv6.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import type { Packet } from "../packet.ts";

const SRC_PORT = 0;
const DST_PORT = 2;

/** Makes an error of a client about a reply one to the real server, `address` and `port`. */
export function rewriteErrorToServer(
  error: Packet,
  quoted: Packet,
  address: Readonly<AddressWords>,
  port: number,
): void {
  const { view } = error;
  if (error.family === 4) {
    ipv4.setDst(view, error.network, address[0]!);
    ipv4.setSrc(view, quoted.network, address[0]!);
  } else {
    ipv6.setDst(view, error.network, address);
    ipv6.setSrc(view, quoted.network, address);
  }
  finish(error, quoted, SRC_PORT, port);
}

/** Makes an error about a request, from behind the director, one from the service, `address` and `port`. */
export function rewriteErrorToClient(
  error: Packet,
  quoted: Packet,
  address: Readonly<AddressWords>,
  port: number,
): void {
  const { view } = error;
  if (error.family === 4) {
    ipv4.setSrc(view, error.network, address[0]!);
    ipv4.setDst(view, quoted.network, address[0]!);
  } else {
    ipv6.setSrc(view, error.network, address);
    ipv6.setDst(view, quoted.network, address);
  }
  finish(error, quoted, DST_PORT, port);
}

/** Whether the checksum of an ICMP message is right. */
export function errorChecksumIsRight(error: Packet): boolean {
  const { view, network, transport, end } = error;
  return error.family === 4
    ? checksum.compute(view, transport, end) === 0
    : icmpv6.checksumIsRight(view, network, transport, end);
}

function finish(error: Packet, quoted: Packet, portField: number, port: number): void {
  const { view, network, transport, end } = error;
  if (quoted.portsReadable) view.setUint16(quoted.transport + portField, port);
  if (error.family === 6) {
    icmpv6.updateChecksum(view, network, transport, end);
    return;
  }
  ipv4.updateHeaderChecksum(view, quoted.network);
  ipv4.updateHeaderChecksum(view, network);
  icmpv4.setChecksum(view, transport, 0);
  icmpv4.setChecksum(view, transport, checksum.compute(view, transport, end));
}
