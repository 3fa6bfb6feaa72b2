/**
 * What a host has learned about the largest packet the way to an address takes.
 *
 * Bounded: when there is no room, the oldest is forgotten.
 *
 * Source: RFC 1191, RFC 8201; linux route.c `__ip_rt_update_pmtu` (ip_rt_min_pmtu, ip_rt_mtu_expires),
 * ipv6/route.c `__ip6_rt_update_pmtu`.
 *
 * @module
 */
import type { Clock, Milliseconds } from "../base/clock.ts";
import type { Route } from "../engine/host.ts";
import { type AddressWords, type Family, fold, sameWords } from "../net/address.ts";
import { LEAST_MTU } from "../wire/ipv6.ts";

/** How long it is believed. */
const LIFETIME: Milliseconds = 600_000;
/** The least of an IPv4 way: a lower report counts as this. */
const LEAST_IPV4 = 552;
/** Addresses kept. */
const CAPACITY = 2048;

/** A way with an MTU of its own. */
interface LearnedRoute extends Route {
  readonly family: Family;
  readonly address: AddressWords;
  mtu: number;
  until: Milliseconds;
  source: Readonly<AddressWords>;
  readonly learned: true;
}

/** The path MTUs one host has learned. */
export class PathMtus {
  readonly #clock: Clock;
  /** By folded address, the oldest first. */
  readonly #learned = new Map<number, LearnedRoute[]>();
  #size = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the way to an address with the MTU learned for it, or `route` when none is. */
  apply(family: Family, address: Readonly<AddressWords>, route: Route): Route {
    if (this.#size === 0 || route.local) return route;
    const learned = this.#find(family, address);
    if (learned === undefined || learned.until <= this.#clock.now() || learned.mtu >= route.mtu) {
      return route;
    }
    learned.source = route.source;
    return learned;
  }

  /**
   * Notes a report that the way to an address takes packets of `mtu` bytes only.
   *
   * @param before what the way took before; a report that is no less changes nothing
   */
  report(family: Family, address: Readonly<AddressWords>, mtu: number, before: number): void {
    const least = family === 4 ? Math.min(before, LEAST_IPV4) : LEAST_MTU;
    const now = Math.max(mtu, least);
    if (now > before || (family === 6 && now === before)) return;
    const until = this.#clock.now() + LIFETIME;
    const known = this.#find(family, address);
    if (known !== undefined) {
      known.mtu = now;
      known.until = until;
      return;
    }
    if (this.#size === CAPACITY) this.#forgetOldest();
    const source = new Uint32Array(4);
    const words = Uint32Array.from(address);
    const learned: LearnedRoute = {
      family,
      address: words,
      local: false,
      mtu: now,
      until,
      source,
      learned: true,
    };
    const same = this.#learned.get(fold(words));
    if (same === undefined) this.#learned.set(fold(words), [learned]);
    else same.push(learned);
    this.#size++;
  }

  /** Forgets everything. */
  clear(): void {
    this.#learned.clear();
    this.#size = 0;
  }

  #find(family: Family, address: Readonly<AddressWords>): LearnedRoute | undefined {
    const same = this.#learned.get(fold(address));
    if (same === undefined) return undefined;
    for (const learned of same) {
      if (learned.family === family && sameWords(learned.address, address)) return learned;
    }
    return undefined;
  }

  #forgetOldest(): void {
    for (const [key, same] of this.#learned) {
      this.#size -= same.length;
      this.#learned.delete(key);
      return;
    }
  }
}
