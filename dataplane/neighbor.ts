/**
 * Hardware addresses of the hosts on a link, learned from what is seen there.
 *
 * Bounded: the neighbour that was not needed for longest is forgotten first. Hardware addresses are
 * numbers as in src/wire/ethernet.ts.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import type { Clock, Milliseconds } from "../src/base/clock.ts";
import {
  type AddressWords,
  addressFromBytes,
  type Family,
  fold,
  ipv4Address,
} from "../src/net/address.ts";
import * as arp from "../src/wire/arp.ts";
import * as ethernet from "../src/wire/ethernet.ts";

/** How many neighbours are kept, and for how long. */
export interface NeighborOptions {
  /** 4096. */
  readonly limit?: number;
  /** How long a neighbour is believed after it was last learned, and by whose clock; for ever. */
  readonly lifetime?: { readonly duration: Milliseconds; readonly clock: Clock };
}

/** Prefix of the addresses made up here: locally administered, for one station (IEEE 802 §8.2). */
const DERIVED = 0x0200_0000_0000;

/** Neighbours by address. */
export class NeighborCache {
  readonly #macs: LRUCache<string, number>;

  constructor(options: NeighborOptions = {}) {
    const { limit = 4096, lifetime } = options;
    this.#macs = new LRUCache({
      max: limit,
      ...(lifetime && {
        ttl: lifetime.duration,
        // The cache takes a time of 0 for none.
        perf: { now: () => lifetime.clock.now() + 1 },
        // With any other resolution the cache remembers the time for a while, by a timer.
        ttlResolution: 0,
      }),
    });
  }

  /** Neighbours known. */
  get size(): number {
    return this.#macs.size;
  }

  /** Returns the hardware address of a neighbour, or `undefined` when it is not known. */
  find(family: Family, address: Readonly<AddressWords>): number | undefined {
    return this.#macs.get(keyOf(family, address));
  }

  /** Remembers a neighbour; addresses no host can have are passed over. */
  learn(family: Family, address: Readonly<AddressWords>, mac: number): void {
    if (mac === 0 || ethernet.isGroup(mac) || !isHost(family, address)) return;
    this.#macs.set(keyOf(family, address), mac);
  }

  /**
   * Remembers the sender of the Ethernet frame `[at, end)`: of an ARP message, or of an IP packet.
   *
   * A packet from beyond a router teaches the router's address, which is who to send the answer to.
   */
  learnFrom(view: DataView, at: number, end: number): void {
    if (!ethernet.isWhole(view, at, end)) return;
    const payload = ethernet.payloadStart(view, at, end);
    switch (ethernet.type(view, at, end)) {
      case ethernet.ETHER_TYPE.arp:
        if (arp.isWhole(view, payload, end)) {
          const sender = ipv4Address(arp.senderAddress(view, payload));
          this.learn(4, sender.words, arp.senderMac(view, payload));
        }
        break;
      case ethernet.ETHER_TYPE.ipv4:
        this.#learnSource(view, at, payload + 12, 4, end);
        break;
      case ethernet.ETHER_TYPE.ipv6:
        this.#learnSource(view, at, payload + 8, 16, end);
        break;
    }
  }

  #learnSource(view: DataView, frame: number, at: number, length: number, end: number): void {
    if (at + length > end) return;
    const bytes = new Uint8Array(view.buffer, view.byteOffset + at, length);
    const { family, words } = addressFromBytes(bytes);
    this.learn(family, words, ethernet.source(view, frame));
  }
}

/**
 * Returns a hardware address made up for a neighbour nobody has seen: 02:00 and the IPv4 address, or
 * the folded words of the IPv6 address.
 */
export function derivedMac(address: Readonly<AddressWords>): number {
  return DERIVED + fold(address);
}

/** Whether one host can send from the address: it is neither unspecified nor multicast. */
function isHost(family: Family, words: Readonly<AddressWords>): boolean {
  if (words[0] === 0 && words[1] === 0 && words[2] === 0 && words[3] === 0) return false;
  return family === 4 ? words[0]! < 0xe0000000 : words[0]! < 0xff000000;
}

function keyOf(family: Family, words: Readonly<AddressWords>): string {
  return family === 4 ? String(words[0]) : words.join(".");
}
