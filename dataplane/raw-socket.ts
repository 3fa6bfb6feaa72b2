/**
 * Sends packets through the npm package `raw-socket`, as `RawIpDevice` does through koffi.
 *
 * The package sends from the event loop of the main thread and cannot be loaded in worker threads. So
 * every packet is copied and waits in a queue of bounded length until the event loop gets to it; a full
 * queue drops what comes. Only IPv4. A packet larger than its interface takes is cut if it may be.
 *
 * Source: README of raw-socket; raw(7).
 *
 * @module
 */
import { createRequire } from "node:module";
import type { Host } from "../src/engine/host.ts";
import { type Address, copyAddress, formatAddress } from "../src/net/address.ts";
import type { Frame } from "../src/wire/frame.ts";
import * as ipv4 from "../src/wire/ipv4.ts";
import { Ipv4Fragmenter } from "../src/wire/ipv4-fragmenter.ts";
import { viewOf } from "../src/wire/netlink.ts";
import type { Device, DeviceCapabilities, NextHop } from "./device.ts";
import { Drops } from "./drops.ts";

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
  createSocket(options: { readonly protocol: number }): Socket;
}

/** linux/in.h `IPPROTO_RAW`: such a socket receives nothing, and its packets bring their header. */
const IPPROTO_RAW = 255;
/** Packets that wait at most. */
const QUEUE_LIMIT = 1024;

const require = createRequire(import.meta.url);

/** What may be set when a raw socket device is opened. */
export interface RawSocketOptions {
  /** Tells the size packets are cut to; asked only for packets that are too large. */
  readonly routes: Pick<Host, "route">;
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
  readonly #socket: Socket;
  readonly #routes: Pick<Host, "route">;
  readonly #limit: number;
  readonly #drops = new Drops();
  readonly #fragmenter = new Ipv4Fragmenter();
  #waiting = 0;
  #open = true;

  private constructor(socket: Socket, options: RawSocketOptions) {
    this.#socket = socket;
    this.#routes = options.routes;
    this.#limit = options.limit ?? QUEUE_LIMIT;
    socket.on("error", () => this.#drops.add("error"));
    // Without anything to receive or send, the socket must not keep the process alive busy.
    socket.pauseRecv();
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
    try {
      return new RawSocketDevice(loaded.createSocket({ protocol: IPPROTO_RAW }), options);
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
    if (nextHop.family !== 4) return this.#drop("EAFNOSUPPORT");
    if (this.#waiting >= this.#limit) return this.#drop("queue-full");
    const to = copyAddress(4, nextHop.address);
    this.#send(Buffer.from(frame.packet()), to, (packet) => this.#sendCut(packet, to));
    return true;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.close();
  }

  /** @param tooLarge what becomes of a packet the interface does not take; dropped without */
  #send(packet: Buffer, to: Address, tooLarge?: (packet: Buffer) => void): void {
    this.#waiting++;
    this.#socket.send(packet, 0, packet.length, formatAddress(to), (error) => {
      this.#waiting--;
      if (error === null) return;
      const reason = codeOf(error);
      if (reason === "EMSGSIZE" && tooLarge) tooLarge(packet);
      else this.#drops.add(reason);
    });
  }

  #sendCut(packet: Buffer, to: Address): void {
    const view = viewOf(packet);
    const mtu = this.#routes.route(4, to.words)?.mtu ?? 0;
    const cut =
      ipv4.isWhole(view, 0, packet.length) &&
      !ipv4.dontFragment(view, 0) &&
      this.#fragmenter.cut(view, 0, mtu, (length) => {
        this.#send(Buffer.from(this.#fragmenter.bytes.subarray(0, length)), to);
        return true;
      });
    if (!cut) this.#drops.add("EMSGSIZE");
  }

  #drop(reason: string): false {
    this.#drops.add(reason);
    return false;
  }
}

/** The package's errors carry what strerror(3) says, not a code. */
function codeOf(error: Error): string {
  return error.message.startsWith("Message too long") ? "EMSGSIZE" : "error";
}
