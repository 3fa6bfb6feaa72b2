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

const CHAINS = 256;

/** Masqueraded and tunnelled destinations by address and port. */
export class DestinationIndex {
  readonly #chains: Destination[][] = Array.from({ length: CHAINS }, () => []);

  /** Adds a destination, under its present configuration. */
  add(destination: Destination): void {
    if (portOf(destination) !== undefined) this.#chainOf(destination).push(destination);
  }

  /** Removes a destination, to be called before its configuration changes. */
  remove(destination: Destination): void {
    const chain = this.#chainOf(destination);
    const position = chain.indexOf(destination);
    if (position >= 0) chain.splice(position, 1);
  }

  /** Returns the masqueraded destination that sends from this address and port. */
  findMasqueraded(
    family: Family,
    protocol: number,
    address: Readonly<AddressWords>,
    port: number,
  ): Destination | undefined {
    for (const destination of this.#chains[slot(address, port)]!) {
      if (destination.config.method !== "masquerade" || destination.port !== port) continue;
      if (!isAt(destination, family, address)) continue;
      const { id } = destination.service;
      if (id.fwmark !== 0 || id.protocol === protocol) return destination;
    }
    return undefined;
  }

  /**
   * Returns the destination a tunnel leads to.
   *
   * @param type a `TUNNEL_TYPE` value
   * @param port UDP port of a GUE tunnel, else 0
   */
  findTunnel(
    family: Family,
    address: Readonly<AddressWords>,
    type: number,
    port: number,
  ): Destination | undefined {
    for (const destination of this.#chains[slot(address, port)]!) {
      const { config } = destination;
      if (
        config.method === "tunnel" &&
        config.tunnelType === type &&
        portOf(destination) === port &&
        isAt(destination, family, address)
      ) {
        return destination;
      }
    }
    return undefined;
  }

  #chainOf(destination: Destination): Destination[] {
    return this.#chains[slot(destination.address.words, portOf(destination) ?? 0)]!;
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

function slot(address: Readonly<AddressWords>, port: number): number {
  const mixed = Math.imul(fold(address) ^ port, 0x9e3779b1);
  return mixed >>> 24;
}
