/**
 * Sends packets through the npm package `raw-socket`, as `RawIpDevice` does through koffi.
 *
 * The package sends from the event loop of the main thread and cannot be loaded in worker threads. So
 * every packet is copied and waits in a queue of bounded length until the event loop gets to it; a full
 * queue drops what comes. A packet larger than its interface takes is cut if it may be.
 *
 * Source: README of raw-socket; raw(7).
 *
 * @module
 */
import { createRequire } from "node:module";
import { type Address, copyAddress, type Family, formatAddress } from "../src/net/address.ts";
import { Frame } from "../src/wire/frame.ts";
import type { Device, DeviceCapabilities, NextHop } from "./device.ts";
import { Drops } from "./drops.ts";
import { largestPiece, mayBeCut, mtuTo, PacketCutter, type Routes } from "./packet-cutter.ts";

/** What is used of the package's sockets. */
interface Socket {
  send(
    packet: Buffer,
    offset: number,
    length: number,
    address: string,
    done: (error: Error | null) => void,
  ): void;
  on(event: "error", listener: (error: Error) => void): void;
  pauseRecv(): void;
  close(): void;
}

/** What is used of the package. */
interface Package {
  createSocket(options: { readonly protocol: number; readonly addressFamily: number }): Socket;
  readonly AddressFamily: { readonly IPv4: number; readonly IPv6: number };
}

/** linux/in.h `IPPROTO_RAW`: such a socket receives nothing, and its packets bring their header. */
const IPPROTO_RAW = 255;
/** Packets that wait at most. */
const QUEUE_LIMIT = 1024;

const require = createRequire(import.meta.url);

/** What may be set when a raw socket device is opened. */
export interface RawSocketOptions {
  /** Tells the size packets are cut to; asked only for those that may be too large. */
  readonly routes: Routes;
  /** Packets that wait at most; 1024. */
  readonly limit?: number;
  /** How the package is had, for tests. */
  readonly load?: () => unknown;
}

/** A device that only sends, to any next hop, from the main thread. */
export class RawSocketDevice implements Device {
  readonly name = "raw-socket";
  readonly capabilities: DeviceCapabilities = {
    receive: false,
    transmit: true,
    nextHop: true,
    forwarded: false,
  };
  readonly #sockets: Readonly<Record<Family, Socket | undefined>>;
  readonly #routes: Routes;
  readonly #limit: number;
  readonly #drops = new Drops();
  readonly #cutter = new PacketCutter();
  /** What an interface found too large, while it is cut. */
  readonly #returned = new Frame();
  #waiting = 0;
  #open = true;

  private constructor(sockets: Record<Family, Socket | undefined>, options: RawSocketOptions) {
    this.#sockets = sockets;
    this.#routes = options.routes;
    this.#limit = options.limit ?? QUEUE_LIMIT;
    for (const socket of [sockets[4], sockets[6]]) {
      socket?.on("error", () => this.#drops.add("error"));
      // Without anything to receive or send, the socket must not keep the process alive busy.
      socket?.pauseRecv();
    }
  }

  /**
   * @throws Error when the package is missing, cannot be loaded in this thread, or without the
   *   capability CAP_NET_RAW
   */
  static open(options: RawSocketOptions): RawSocketDevice {
    const { load = () => require("raw-socket") } = options;
    const action = "Cannot open a raw socket device";
    let loaded: Package;
    try {
      loaded = load() as Package;
    } catch (cause) {
      const needs = "needs the optional dependency raw-socket, in the main thread";
      throw new Error(`${action}: ${needs}`, { cause });
    }
    const { IPv4, IPv6 } = loaded.AddressFamily;
    const openSocket = (addressFamily: number) =>
      loaded.createSocket({ protocol: IPPROTO_RAW, addressFamily });
    try {
      return new RawSocketDevice(
        { 4: openSocket(IPv4), 6: unlessNoFamily(() => openSocket(IPv6)) },
        options,
      );
    } catch (cause) {
      const needs = "needs the capability CAP_NET_RAW in this network namespace";
      throw new Error(`${action}: ${needs}`, { cause });
    }
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#drops.counts;
  }

  /** Packets taken that have not been sent yet. */
  get waiting(): number {
    return this.#waiting;
  }

  receive(_batch: readonly Frame[]): number {
    return 0;
  }

  transmit(frame: Frame, nextHop: NextHop): boolean {
    if (!this.#open) return this.#drop("closed");
    if (this.#sockets[nextHop.family] === undefined) return this.#drop("EAFNOSUPPORT");
    if (this.#waiting >= this.#limit) return this.#drop("queue-full");
    const to = copyAddress(nextHop.family, nextHop.address);
    const largest = largestPiece(frame, this.#routes, nextHop);
    if (frame.length > largest) return this.#sendCut(frame, to, largest);
    this.#send(Buffer.from(frame.packet()), to, (packet) => this.#sendReturned(packet, to));
    return true;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#sockets[4]?.close();
    this.#sockets[6]?.close();
  }

  /** @param tooLarge what becomes of a packet the interface does not take; dropped without */
  #send(packet: Buffer, to: Address, tooLarge?: (packet: Buffer) => void): void {
    this.#waiting++;
    this.#sockets[to.family]?.send(packet, 0, packet.length, formatAddress(to), (error) => {
      this.#waiting--;
      if (error === null) return;
      const reason = codeOf(error);
      if (reason === "EMSGSIZE" && tooLarge) tooLarge(packet);
      else this.#drops.add(reason);
    });
  }

  #sendReturned(packet: Buffer, to: Address): void {
    const { family, words: address } = to;
    this.#returned.load(packet);
    if (mayBeCut(this.#returned)) {
      this.#sendCut(this.#returned, to, mtuTo(this.#routes, { family, address }));
    } else this.#drops.add("EMSGSIZE");
  }

  #sendCut(frame: Frame, to: Address, largest: number): boolean {
    const cut = this.#cutter.cut(frame, largest, (bytes, length) => {
      this.#send(Buffer.from(bytes.subarray(0, length)), to);
      return true;
    });
    return cut || this.#drop("EMSGSIZE");
  }

  #drop(reason: string): false {
    this.#drops.add(reason);
    return false;
  }
}

/** What strerror(3) says of EAFNOSUPPORT. */
const NO_FAMILY = "Address family not supported";

/** The package's errors carry what strerror(3) says, not a code. */
function codeOf(error: Error): string {
  return error.message.startsWith("Message too long") ? "EMSGSIZE" : "error";
}

/** Returns a socket, or `undefined` on a host without its family. */
function unlessNoFamily(open: () => Socket): Socket | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith(NO_FAMILY)) return undefined;
    throw error;
  }
}
