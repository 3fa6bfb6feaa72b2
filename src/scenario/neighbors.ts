/**
 * Who is at which address of a link: the static neighbours of a host.
 *
 * @module
 */
import { type Address, type AddressWords, type Family, formatAddress } from "../net/address.ts";

/** Bits that mark a multicast address of each family. */
const MULTICAST4 = 0xe;
const MULTICAST6 = 0xff;

/** The neighbours of one host. */
export class Neighbors {
  readonly #macs = new Map<string, string>();

  /** Adds a neighbour, or changes it. */
  set(device: string, address: Address, mac: string): void {
    this.#macs.set(key(device, address), mac);
  }

  /** Forgets a neighbour; returns whether it was known. */
  delete(device: string, address: Address): boolean {
    return this.#macs.delete(key(device, address));
  }

  /** Returns the link address of a next hop; `undefined` where nobody is there. */
  find(device: string, family: Family, words: Readonly<AddressWords>): string | undefined {
    return multicastMac(family, words) ?? this.#macs.get(key(device, { family, words }));
  }
}

function key(device: string, address: Address): string {
  return `${device} ${formatAddress(address)}`;
}

/** Returns the link address of a group (RFC 1112 §6.4, RFC 2464 §7). */
function multicastMac(family: Family, words: Readonly<AddressWords>): string | undefined {
  const bytes = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
  if (family === 4 && words[0]! >>> 28 === MULTICAST4) {
    return macText([1, 0, 0x5e, ...bytes(words[0]! & 0x7fffff).slice(1)]);
  }
  if (family === 6 && words[0]! >>> 24 === MULTICAST6)
    return macText([0x33, 0x33, ...bytes(words[3]!)]);
  return undefined;
}

/** Returns the text of a link address. */
export function macText(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
