/**
 * The values options take: numbers, addresses with ports, masks.
 *
 * Nothing here throws: what cannot be read is `undefined`, and who asked knows the sentence for it.
 *
 * @module
 */
import type { Address, Family } from "../net/address.ts";
import { inetAton, inetPton4, inetPton6 } from "./inet.ts";

/** What turns host and service names into numbers. */
export interface NameLookup {
  /** Returns the first IPv4 address of a host. */
  addressOf(host: string): Promise<Address | undefined>;
  /** Returns the port of a service name for a protocol number. */
  portOf(service: string, protocol: number): Promise<number | undefined>;
}

/** An address, and the port if one was written. */
export interface AddressAndPort {
  readonly address: Address;
  readonly port: number | undefined;
}

/** Prefix length that singles out one IPv6 client. */
export const FULL_PREFIX = 128;

/**
 * Returns the integer `text` is, if it lies in `[min, max]`: decimal, with white space and a sign
 * before it and nothing after it, as strtol(3) reads it.
 */
export function parseNumber(text: string, min: number, max: number): number | undefined {
  if (!/^[ \t\n\v\f\r]*[+-]?[0-9]+$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}

/**
 * Returns the address and port `text` names, or `undefined` when it names none.
 *
 * `[…]` holds whatever may stand before the port, but a port after the bracket counts only for an
 * IPv6 literal: `[192.0.2.1]:80` has none. An IPv6 literal without brackets has no port.
 *
 * @param protocol protocol number port names are looked up for; 0 for none
 */
export async function parseAddressAndPort(
  text: string,
  protocol: number,
  lookup: NameLookup,
): Promise<AddressAndPort | undefined> {
  if (/^[0-9]*$/.test(text)) return undefined;
  let host = text;
  let portText: string | undefined;
  if (text.startsWith("[")) {
    const close = text.indexOf("]");
    if (close < 0 || text[close + 1] !== ":") return undefined;
    host = text.slice(1, close);
    portText = text.slice(close + 2);
  }
  let address = inetPton6(host);
  if (address === undefined) {
    const colon = host.lastIndexOf(":");
    portText = colon < 0 ? undefined : host.slice(colon + 1);
    address = await parseIpv4Host(colon < 0 ? host : host.slice(0, colon), lookup);
  }
  if (address === undefined) return undefined;
  if (portText === undefined) return { address, port: undefined };
  const port = parseNumber(portText, 0, 65535) ?? (await lookup.portOf(portText, protocol));
  return port === undefined ? undefined : { address, port };
}

async function parseIpv4Host(host: string, lookup: NameLookup): Promise<Address | undefined> {
  return inetAton(host) ?? (await lookup.addressOf(host));
}

/**
 * Returns the persistence granularity `text` stands for: a mask in dotted or any inet_aton(3) form
 * for IPv4, a prefix length for IPv6, of which only the leading integer is read.
 */
export async function parseNetmask(
  text: string,
  family: Family,
  lookup: NameLookup,
): Promise<number | undefined> {
  if (family === 4) return (await parseIpv4Host(text, lookup))?.words[0];
  const digits = /^[ \t\n\v\f\r]*[+-]?[0-9]+/.exec(text)?.[0].trim().replace(/^\+/, "");
  // atoi(3) keeps the low 32 bits.
  const length = Number(BigInt.asIntN(32, BigInt(digits ?? "0")));
  return length >= 1 && length <= FULL_PREFIX ? length : undefined;
}

/** Returns the multicast group `text` is, of the family it looks like. */
export function parseGroup(text: string): Address | undefined {
  const group = text.includes(":") ? inetPton6(text) : inetPton4(text);
  if (group === undefined) return undefined;
  const first = group.words[0]!;
  const multicast = group.family === 4 ? first >>> 28 === 0xe : first >>> 24 === 0xff;
  return multicast ? group : undefined;
}
