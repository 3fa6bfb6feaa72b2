/**
 * Words that several kinds of lines share: names of protocols, and addresses.
 *
 * @module
 */
import { addressFromBytes, formatAddress } from "../net/address.ts";
import * as ipNumber from "../net/protocol.ts";

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

/** Returns the name of a protocol, or its number in tcpdump's form. */
export function protocolName(protocol: number): string {
  return PROTOCOL_NAMES.get(protocol) ?? `ip-proto-${protocol}`;
}

/** Returns the text of the address at `at`, 4 or 16 bytes long. */
export function addressText(view: DataView, at: number, length: 4 | 16): string {
  return formatAddress(addressFromBytes(new Uint8Array(view.buffer, view.byteOffset + at, length)));
}

/** Returns a number in hexadecimal with at least so many digits: `0x00000009`. */
export function hexText(value: number, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
