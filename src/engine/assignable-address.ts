/**
 * Which addresses a real server may have.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import { type Address, formatAddress } from "../net/address.ts";
import type { Host } from "./host.ts";

/**
 * Refuses an address that cannot be one host's.
 *
 * IPv4: 0.0.0.0, multicast and broadcast addresses; anything else goes, loopback and class E included.
 * IPv6: unspecified, multicast and link-local addresses that are not this host's.
 *
 * Source: linux ip_vs_ctl.c `ip_vs_new_dest`.
 *
 * @throws IpvsError EINVAL
 */
export function assertAssignable(address: Address, host: Host): void {
  const refused =
    address.family === 4
      ? isGroup4(address.words[0]!) || (host.isBroadcast?.(4, address.words) ?? false)
      : isNoUnicast6(address.words) && !host.isLocal(6, address.words);
  if (refused) {
    throw new IpvsError(
      "EINVAL",
      `Cannot use ${formatAddress(address)} for a real server: must be a unicast address`,
    );
  }
}

function isGroup4(address: number): boolean {
  return address === 0 || address === 0xffffffff || address >>> 28 === 0xe;
}

function isNoUnicast6(words: Readonly<Uint32Array>): boolean {
  const first = words[0]!;
  const unspecified = (first | words[1]! | words[2]! | words[3]!) === 0;
  const multicast = first >>> 24 === 0xff;
  const linkLocal = first >>> 22 === 0xfe80 >>> 6;
  return unspecified || multicast || linkLocal;
}
