/**
 * The destinations in service, found by their own address: whose packet is this, where does this tunnel
 * lead.
 *
 * Source: linux ip_vs_ctl.c `ip_vs_rs_hash`, `ip_vs_has_real_service`, `ip_vs_find_real_service`,
 * `ip_vs_find_tunnel`.
 *
 * @module
 */
import { type AddressWords, type Family, fold, sameWords } from "../net/address.ts";
import { TUNNEL_TYPE } from "../wire/ipvs-objects.ts";
import type { Destination } from "./destination.ts";

const FIRST_CHAINS = 256;
/** Destinations a chain on average before there are more chains. */
const CROWDED = 2;

/** Masqueraded and tunnelled destinations by address and port. */
export class DestinationIndex {
  /** As many as a power of two; in each the first added first. */
  #chains = emptyChains(FIRST_CHAINS);
  #size = 0;

  /** Adds a destination, under its present configuration. */
  add(destination: Destination): void {
    if (portOf(destination) === undefined) return;
    if (this.#size >= this.#chains.length * CROWDED) this.#grow();
    this.#chainOf(destination).push(destination);
    this.#size++;
  }

  /** Removes a destination, to be called before its configuration changes. */
  remove(destination: Destination): void {
    const chain = this.#chainOf(destination);
    const position = chain.indexOf(destination);
    if (position < 0) return;
    chain.splice(position, 1);
    this.#size--;
  }

  /** Returns the masqueraded destination that sends from this address and port. */
  findMasqueraded(
    family: Family,
    protocol: number,
    address: Readonly<AddressWords>,
    port: number,
  ): Destination | undefined {
    for (const destination of this.#chain(address, port)) {
      if (destination.config.method !== "masquerade" || destination.port !== port) continue;
      if (!isAt(destination, family, address)) continue;
      const { id } = destination.service;
      if (id.fwmark !== 0 || id.protocol === protocol) return destination;
    }
    return undefined;
  }

  /**
   * Returns the destination a tunnel leads to, the newest of several.
   *
   * @param port UDP port of a GUE tunnel, else 0
   */
  findTunnel(
    family: Family,
    address: Readonly<AddressWords>,
    port: number,
  ): Destination | undefined {
    return this.#chain(address, port).findLast(
      (destination) =>
        destination.config.method === "tunnel" &&
        portOf(destination) === port &&
        isAt(destination, family, address),
    );
  }

  #chainOf(destination: Destination): Destination[] {
    return this.#chain(destination.address.words, portOf(destination) ?? 0);
  }

  #chain(address: Readonly<AddressWords>, port: number): Destination[] {
    return this.#chains[hash(address, port) & (this.#chains.length - 1)]!;
  }

  /** Splits every chain in four, in the order it has. */
  #grow(): void {
    const before = this.#chains;
    this.#chains = emptyChains(before.length * 4);
    for (const chain of before) {
      for (const destination of chain) this.#chainOf(destination).push(destination);
    }
  }
}

/** The port a destination is found by; `undefined` for one that is not found by address. */
function portOf(destination: Destination): number | undefined {
  const { method, tunnelType, tunnelPort } = destination.config;
  if (method === "masquerade") return destination.port;
  if (method !== "tunnel" || tunnelType > TUNNEL_TYPE.gre) return undefined;
  return tunnelType === TUNNEL_TYPE.gue ? tunnelPort : 0;
}

function isAt(destination: Destination, family: Family, address: Readonly<AddressWords>): boolean {
  return destination.family === family && sameWords(destination.address.words, address);
}

function hash(address: Readonly<AddressWords>, port: number): number {
  const mixed = Math.imul(fold(address) ^ (port << 16) ^ port, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

function emptyChains(count: number): Destination[][] {
  return Array.from({ length: count }, () => []);
}
