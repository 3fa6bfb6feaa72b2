/**
 * The interfaces of a small host.
 *
 * @module
 */
import type { Prefix } from "../net/prefix.ts";

/** An address of an interface, with the length of the prefix it shares with its neighbours. */
export type InterfaceAddress = Prefix;

/** What an interface is told to be. */
export interface InterfaceOptions {
  readonly name: string;
  /** Largest packet, in bytes; 1500. */
  readonly mtu?: number;
  readonly addresses?: readonly InterfaceAddress[];
}

/** The interface that leads back to the host itself. */
export const LOOPBACK = "lo";
/** Its MTU, in bytes. */
export const LOOPBACK_MTU = 65536;
/** MTU of Ethernet, in bytes. */
const ETHERNET_MTU = 1500;
/** The least and the largest MTU an interface can have (RFC 791; 16-bit lengths). */
const LEAST_MTU = 68;

/** One interface. */
export class Interface {
  readonly name: string;
  readonly loopback: boolean;
  readonly addresses: InterfaceAddress[] = [];
  up = true;
  #mtu: number;

  /** @throws RangeError for an MTU out of range */
  constructor(name: string, mtu: number = ETHERNET_MTU) {
    this.name = name;
    this.loopback = name === LOOPBACK;
    this.#mtu = checkedMtu(name, mtu);
  }

  /** Largest packet, in bytes. */
  get mtu(): number {
    return this.#mtu;
  }

  /** @throws RangeError for an MTU out of range */
  set mtu(mtu: number) {
    this.#mtu = checkedMtu(this.name, mtu);
  }
}

function checkedMtu(name: string, mtu: number): number {
  if (!Number.isInteger(mtu) || mtu < LEAST_MTU || mtu > LOOPBACK_MTU) {
    throw new RangeError(
      `Cannot give ${name} an MTU of ${mtu}: must be ${LEAST_MTU}–${LOOPBACK_MTU}`,
    );
  }
  return mtu;
}
