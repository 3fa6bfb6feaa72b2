/**
 * Address texts as the C library reads them, stricter or laxer than one would wish.
 *
 * Source: inet_aton(3) and inet_pton(3) as glibc 2.36 implements them.
 *
 * @module
 */
import { type Address, addressFromBytes, ipv4Address } from "../net/address.ts";

/** Largest last part of an inet_aton form, by how many parts stand before it. */
const LAST_PART_MAX = [0xffffffff, 0xffffff, 0xffff, 0xff] as const;

/**
 * Returns the IPv4 address inet_aton(3) reads: one to four parts, each decimal, octal (`0…`) or
 * hexadecimal (`0x…`), the last filling the bytes left; anything after white space is ignored.
 */
export function inetAton(text: string): Address | undefined {
  const parts = text.replace(/[ \t\n\v\f\r].*$/s, "").split(".");
  const last = parts.length - 1;
  const lastMax = LAST_PART_MAX[last];
  if (lastMax === undefined) return undefined;
  let value = 0;
  for (const [index, part] of parts.entries()) {
    const number = unsignedAnyBase(part);
    if (number === undefined || number > (index === last ? lastMax : 255)) return undefined;
    value += index === last ? number : number * 2 ** (24 - 8 * index);
  }
  return ipv4Address(value);
}

/** Returns the number strtoul(3) reads in base 0, if it reads all of `text`. */
function unsignedAnyBase(text: string): number | undefined {
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return Number(text);
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8);
  if (/^[1-9][0-9]*$/.test(text)) return Number(text);
  return undefined;
}

/** Returns the IPv4 address of a dotted quad: four decimal numbers 0–255 without leading zeros. */
export function inetPton4(text: string): Address | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = parts.map((part) => (/^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256));
  return bytes.some((byte) => byte > 255) ? undefined : addressFromBytes(Uint8Array.from(bytes));
}

/** Returns the IPv6 address of an RFC 4291 §2.2 form without a zone. */
export function inetPton6(text: string): Address | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groups(halves[0]!, halves.length === 1);
  const tail = halves.length === 1 ? [] : groups(halves[1]!, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  // "::" stands for at least one group.
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  const zeros = new Array<number>(missing).fill(0);
  return addressFromBytes(Uint8Array.from([...head, ...zeros, ...tail]));
}

/** Returns the bytes of groups separated by colons; the last may be a dotted quad if `dottedEnd`. */
function groups(text: string, dottedEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      const group = Number.parseInt(part, 16);
      bytes.push(group >>> 8, group & 255);
    } else {
      const quad = dottedEnd && index === parts.length - 1 ? inetPton4(part) : undefined;
      if (quad === undefined) return undefined;
      const value = quad.words[0]!;
      bytes.push(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
    }
  }
  return bytes;
}
