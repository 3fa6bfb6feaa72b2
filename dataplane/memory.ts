/**
 * A wire inside the process: a program injects packets and takes what was sent.
 *
 * Both directions hold a bounded number of packets; what does not fit is dropped and counted, as on
 * any device.
 *
 * @module
 */
import type { Frame } from "../src/wire/frame.ts";
import type { Device, DeviceCapabilities, NextHop } from "./device.ts";

/** What a memory device is told to be. */
export interface MemoryOptions {
  /** "memory". */
  readonly name?: string;
  /** Packets each queue holds: waiting, sent, accepted; 4096. */
  readonly limit?: number;
  /** Differences from a device that can do everything and forwards nothing by itself. */
  readonly capabilities?: Partial<DeviceCapabilities>;
}

/** What comes with an injected packet. */
export interface InjectOptions {
  /** Firewall mark, 0 for none. */
  readonly mark?: number;
  /** When it was received, in ms; 0. */
  readonly time?: number;
}

/** A packet that was transmitted. */
export interface SentPacket {
  /** A copy. */
  readonly packet: Uint8Array;
  readonly nextHop: NextHop;
  readonly mark: number;
  /** The frame's time, in ms. */
  readonly time: number;
}

interface WaitingPacket {
  readonly packet: Uint8Array;
  readonly mark: number;
  readonly time: number;
}

type DropReason = "queueFull" | "tooLong" | "closed";

/** A device whose other end is the program. */
export class MemoryDevice implements Device {
  readonly name: string;
  readonly capabilities: DeviceCapabilities;
  readonly #limit: number;
  readonly #drops: Record<DropReason, number> = { queueFull: 0, tooLong: 0, closed: 0 };
  readonly #waiting: WaitingPacket[] = [];
  readonly #sent: SentPacket[] = [];
  readonly #accepted: Uint8Array[] = [];
  #closed = false;

  constructor(options: MemoryOptions = {}) {
    this.name = options.name ?? "memory";
    this.#limit = options.limit ?? 4096;
    this.capabilities = {
      receive: true,
      transmit: true,
      nextHop: true,
      forwarded: false,
      ...options.capabilities,
    };
  }

  get drops(): Readonly<Record<DropReason, number>> {
    return this.#drops;
  }

  /** Packets injected and not received yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Packets transmitted and not taken yet, oldest first. */
  get sent(): readonly SentPacket[] {
    return this.#sent;
  }

  /** Packets handed back to the host around the device, oldest first. */
  get accepted(): readonly Uint8Array[] {
    return this.#accepted;
  }

  /**
   * Puts a copy of a packet on the wire, to be received.
   *
   * @returns whether there was room
   */
  inject(packet: Uint8Array, options: InjectOptions = {}): boolean {
    if (!this.#hasRoom(this.#waiting)) return false;
    const { mark = 0, time = 0 } = options;
    this.#waiting.push({ packet: packet.slice(), mark, time });
    return true;
  }

  /** Takes the oldest packet that was transmitted, or `undefined` when there is none. */
  take(): SentPacket | undefined {
    return this.#sent.shift();
  }

  /** Takes the oldest packet that was handed back, or `undefined` when there is none. */
  takeAccepted(): Uint8Array | undefined {
    return this.#accepted.shift();
  }

  receive(batch: readonly Frame[]): number {
    let count = 0;
    while (count < batch.length) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) break;
      const frame = batch[count]!;
      frame.reset();
      if (waiting.packet.length > frame.bytes.length - frame.start) {
        this.#drops.tooLong++;
        continue;
      }
      frame.load(waiting.packet);
      frame.mark = waiting.mark;
      frame.time = waiting.time;
      count++;
    }
    return count;
  }

  transmit(frame: Frame, nextHop: NextHop): boolean {
    if (!this.#hasRoom(this.#sent)) return false;
    this.#sent.push({
      packet: frame.packet().slice(),
      nextHop: {
        family: nextHop.family,
        address: Uint32Array.from(nextHop.address),
      },
      mark: frame.mark,
      time: frame.time,
    });
    return true;
  }

  accept(frame: Frame): boolean {
    if (!this.#hasRoom(this.#accepted)) return false;
    this.#accepted.push(frame.packet().slice());
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }

  /** Whether one more packet fits; if not, counts why. */
  #hasRoom(queue: readonly unknown[]): boolean {
    if (!this.#closed && queue.length < this.#limit) return true;
    this.#drops[this.#closed ? "closed" : "queueFull"]++;
    return false;
  }
}
