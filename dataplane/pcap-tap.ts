/**
 * A device around a device that writes a capture of what passes, both ways, as raw IP.
 *
 * @module
 */
import type { Clock } from "../src/base/clock.ts";
import type { Frame } from "../src/wire/frame.ts";
import { LINK_TYPE } from "../src/wire/link.ts";
import { CaptureWriter } from "./capture-writer.ts";
import type { Device, DeviceCapabilities, NextHop } from "./device.ts";

/** Where to write, and when it is. */
export interface PcapTapOptions {
  /** Path of the capture to write from the beginning; none before `start` unless given. */
  readonly path?: string | undefined;
  /** Time of every packet as it passes. */
  readonly clock: Clock;
  /** What the clock's zero is, in nanoseconds since 1970; 0. */
  readonly epoch?: bigint;
  /** Told why a capture has ended by itself: its file could not be written. Packets go on. */
  readonly onFault?: ((path: string, error: unknown) => void) | undefined;
}

/** A capture that has ended. */
export interface EndedCapture {
  readonly path: string;
  readonly packets: number;
}

const NS_PER_MS = 1e6;
const NO_LINK = new Uint8Array(0);

/** A device that captures what passes. */
export class PcapTapDevice implements Device {
  readonly name: string;
  readonly capabilities: DeviceCapabilities;
  readonly accept?: (frame: Frame) => boolean;
  readonly #inner: Device;
  readonly #clock: Clock;
  readonly #epoch: bigint;
  readonly #onFault: NonNullable<PcapTapOptions["onFault"]>;
  #writer: CaptureWriter | undefined;
  #path = "";
  #packets = 0;

  /**
   * @param inner the device that does the work; closing this closes it
   * @throws Error of node:fs when the file cannot be created
   */
  constructor(inner: Device, options: PcapTapOptions) {
    this.#inner = inner;
    this.name = inner.name;
    this.capabilities = inner.capabilities;
    this.#clock = options.clock;
    this.#epoch = options.epoch ?? 0n;
    this.#onFault = options.onFault ?? (() => {});
    if (options.path !== undefined) this.start(options.path);
    // What is handed back was captured when it was received.
    if (inner.accept !== undefined) this.accept = (frame) => inner.accept?.(frame) ?? false;
  }

  /** Path of the capture that is being written, or `undefined`. */
  get path(): string | undefined {
    return this.#writer === undefined ? undefined : this.#path;
  }

  /**
   * Begins a capture, in place of the one there is.
   *
   * @throws Error of node:fs when the file cannot be created; the one there is goes on then
   */
  start(path: string): void {
    const writer = new CaptureWriter(path, LINK_TYPE.raw);
    this.stop();
    this.#writer = writer;
    this.#path = path;
    this.#packets = 0;
    // So that whoever reads it while it grows finds a capture.
    this.#attempt(() => writer.flush());
  }

  /** Completes the capture, if there is one, and says what it holds. */
  stop(): EndedCapture | undefined {
    const writer = this.#writer;
    if (writer === undefined) return undefined;
    this.#attempt(() => writer.close());
    this.#writer = undefined;
    return { path: this.#path, packets: this.#packets };
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#inner.drops;
  }

  receive(batch: Frame[]): number {
    const count = this.#inner.receive(batch);
    if (this.#writer === undefined) return count;
    for (let index = 0; index < count; index++) this.#write(batch[index]!);
    return count;
  }

  transmit(frame: Frame, nextHop: NextHop): boolean {
    this.#write(frame);
    return this.#inner.transmit(frame, nextHop);
  }

  flush(): void {
    if (this.#writer !== undefined) this.#attempt(() => this.#writer?.flush());
    this.#inner.flush?.();
  }

  close(): void {
    this.stop();
    this.#inner.close();
  }

  #write(frame: Frame): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    const time = this.#epoch + BigInt(Math.round(this.#clock.now() * NS_PER_MS));
    this.#attempt(() => {
      writer.write(time, NO_LINK, frame.packet());
      this.#packets++;
    });
  }

  /** Writes; a capture that cannot be written ends, and the packets pass as if there were none. */
  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#writer?.abandon();
      this.#writer = undefined;
      this.#onFault(this.#path, error);
    }
  }
}
