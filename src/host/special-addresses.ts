/**
 * Addresses that are no single host's, or no other host's.
 *
 * Source: RFC 6890; RFC 4291 §2.4.
 *
 * @module
 */
import type { AddressWords, Family } from "../net/address.ts";

/** Whether an address names a group of receivers. */
export function isMulticast(family: Family, address: Readonly<AddressWords>): boolean {
  return family === 4 ? address[0]! >>> 28 === 0xe : address[0]! >>> 24 === 0xff;
}

/** Whether an address never leaves a host. */
export function isLoopback(family: Family, address: Readonly<AddressWords>): boolean {
  if (family === 4) return address[0]! >>> 24 === 127;
  return (address[0]! | address[1]! | address[2]!) === 0 && address[3] === 1;
}

/** Whether an address is the one that stands for none. */
export function isUnspecified(address: Readonly<AddressWords>): boolean {
  return (address[0]! | address[1]! | address[2]! | address[3]!) === 0;
}

/** Whether an IPv4 address is the broadcast address of whatever link. */
export function isLimitedBroadcast(address: Readonly<AddressWords>): boolean {
  return address[0] === 0xffffffff;
}

/** Whether an IPv6 address is of use on one link only. */
export function isLinkLocal(address: Readonly<AddressWords>): boolean {
  return address[0]! >>> 22 === 0xfe80 >>> 6;
}

/** Whether an IPv6 address is a group every host, or every router, of a link is in. */
export function isAllNodesOrRouters(address: Readonly<AddressWords>): boolean {
  return (
    address[0] === 0xff020000 &&
    (address[1]! | address[2]!) === 0 &&
    (address[3] === 1 || address[3] === 2)
  );
}
