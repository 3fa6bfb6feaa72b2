/**
 * A host that exists in memory only: addresses and routes that were told, and do not change by themselves.
 *
 * It stands around directors that have no real host: in replays, simulations and tests.
 *
 * @module
 */
import type { Host, NetworkInterface, Route } from "../src/engine/host.ts";
import {
  type Address,
  type AddressWords,
  type Family,
  isLoopback,
  sameWords,
} from "../src/net/address.ts";

const ETHERNET_MTU = 1500;
/** What every host has. */
const LOOPBACK: readonly [string, NetworkInterface] = ["lo", { up: true, mtu: 65536 }];

/** What a static host is told. */
export interface StaticHostOptions {
  /** Its own addresses; loopback is always one. */
  readonly addresses?: readonly Address[];
  /** MTU of every way, in bytes; 1500 unless given. */
  readonly mtu?: number;
  /** Address it sends from, by family; the first own address of the family unless given. */
  readonly source?: Address;
  /** Its network interfaces by name; `lo` is always one. */
  readonly interfaces?: ReadonlyMap<string, NetworkInterface>;
  /** Says of more addresses whether they are its own, such as those of virtual services. */
  readonly isAlsoLocal?: (family: Family, address: Readonly<AddressWords>) => boolean;
}

/** A host with one link to everywhere. */
export class StaticHost implements Host {
  /** Nothing changes, but for what `isAlsoLocal` says. */
  readonly epoch: number | undefined;
  readonly #addresses: readonly Address[];
  readonly #interfaces: ReadonlyMap<string, NetworkInterface>;
  readonly #isAlsoLocal: (family: Family, address: Readonly<AddressWords>) => boolean;
  readonly #local: Record<Family, Route>;
  readonly #remote: Record<Family, Route>;

  constructor(options: StaticHostOptions = {}) {
    this.#addresses = options.addresses ?? [];
    this.#interfaces = new Map([LOOPBACK, ...(options.interfaces ?? [])]);
    this.epoch = options.isAlsoLocal === undefined ? 0 : undefined;
    this.#isAlsoLocal = options.isAlsoLocal ?? (() => false);
    const mtu = options.mtu ?? ETHERNET_MTU;
    const route = (local: boolean, family: Family): Route => ({
      local,
      mtu,
      source: this.#sourceOf(family, options.source),
    });
    this.#local = { 4: route(true, 4), 6: route(true, 6) };
    this.#remote = { 4: route(false, 4), 6: route(false, 6) };
  }

  route(family: Family, address: Readonly<AddressWords>): Route {
    return (this.isLocal(family, address) ? this.#local : this.#remote)[family];
  }

  isLocal(family: Family, address: Readonly<AddressWords>): boolean {
    for (const own of this.#addresses) {
      if (own.family === family && sameWords(own.words, address)) return true;
    }
    return isLoopback(family, address) || this.#isAlsoLocal(family, address);
  }

  networkInterface(name: string): NetworkInterface | undefined {
    return this.#interfaces.get(name);
  }

  #sourceOf(family: Family, told: Address | undefined): Readonly<AddressWords> {
    if (told?.family === family) return told.words;
    const own = this.#addresses.find((address) => address.family === family);
    return own?.words ?? new Uint32Array(4);
  }
}
