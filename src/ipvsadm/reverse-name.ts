/**
 * The name under which name servers keep the name of an address.
 *
 * Source: RFC 1035 §3.5 for IPv4, RFC 3596 §2.5 for IPv6.
 *
 * @module
 */
import { type Address, addressBytes } from "../net/address.ts";

/** Returns `7.100.51.198.in-addr.arpa`, or the nibbles of an IPv6 address before `ip6.arpa`. */
export function reverseName(address: Address): string {
  const bytes = [...addressBytes(address)].reverse();
  if (address.family === 4) return `${bytes.join(".")}.in-addr.arpa`;
  const nibbles = bytes.flatMap((byte) => [byte & 15, byte >>> 4]);
  return `${nibbles.map((nibble) => nibble.toString(16)).join(".")}.ip6.arpa`;
}
