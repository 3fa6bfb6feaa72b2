/**
 * What the engine must know of the host it runs on.
 *
 * @module
 */
import type { Address, AddressWords, Family } from "../net/address.ts";

/** The way from this host to an address. */
export interface Route {
  /** Whether the address is this host's own. */
  readonly local: boolean;
  /** Largest packet the way takes, in bytes. */
  readonly mtu: number;
  /** Address this host would send from, 4 words; the source of a tunnel. */
  readonly source: Readonly<AddressWords>;
  /** Whether `mtu` was learnt by `reportPathMtu`, and is not the link's. */
  readonly learned?: boolean;
}

/** A network interface of the host, as far as multicast through it goes. */
export interface NetworkInterface {
  /** Whether it is up; nothing can be sent through one that is not. */
  readonly up: boolean;
  /** Largest packet it takes, in bytes. */
  readonly mtu: number;
}

/** A UDP port of a group of hosts, seen through one interface. */
export interface MulticastEnd {
  readonly interfaceName: string;
  readonly group: Address;
  readonly port: number;
  /** Hops a datagram may go. */
  readonly ttl: number;
  /** Bytes of the socket's buffer; 0 for as many as usual. */
  readonly bufferSize: number;
}

/** A way to send datagrams to a group. */
export interface MulticastSender {
  /**
   * Sends a datagram, whose bytes may be used again at once: `later` when it has to be tried again, `lost`
   * when there is no use in it.
   */
  send(datagram: Uint8Array): "sent" | "later" | "lost";
  close(): void;
}

/** Addresses and routes of the host around a director. Answers must be quick: packets wait for them. */
export interface Host {
  /**
   * Changes, upwards from 0, whenever an answer of `route` may have; absent where that is not told, and
   * every packet must ask.
   */
  readonly epoch?: number | undefined;
  /** Returns the way to `address`, or `undefined` when there is none. */
  route(family: Family, address: Readonly<AddressWords>): Route | undefined;
  /** Whether `address` is this host's own, or routed to it as if it were. */
  isLocal(family: Family, address: Readonly<AddressWords>): boolean;
  /** Whether `address` is the broadcast address of a network of this host; false where not told. */
  isBroadcast?(family: Family, address: Readonly<AddressWords>): boolean;
  /** Returns how many pages of memory are free or hold buffers; absent where memory is never short. */
  freePages?(): number;
  /** Notes that packets to `address` must not be longer than `mtu` bytes on their way. */
  reportPathMtu?(family: Family, address: Readonly<AddressWords>, mtu: number): void;
  /** Returns the interface of a name; `undefined` when there is none, or they are not told. */
  networkInterface?(name: string): NetworkInterface | undefined;
  /**
   * Opens a way to a group; absent where there is none.
   *
   * @throws IpvsError when the host refuses
   */
  openMulticastSender?(end: MulticastEnd): MulticastSender;
  /**
   * Joins a group, and hands over what comes from it until closed; absent where there is none.
   *
   * @param take is given each datagram, whose bytes may be used again when it returns
   * @throws IpvsError when the host refuses
   */
  openMulticastReceiver?(
    end: MulticastEnd,
    take: (datagram: Uint8Array) => void,
  ): { close(): void };
}
