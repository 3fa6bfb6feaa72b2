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
  /** Path of the capture to write. */
  readonly path: string;
  /** Time of every packet as it passes. */
  readonly clock: Clock;
  /** What the clock's zero is, in nanoseconds since 1970; 0. */
  readonly epoch?: bigint;
}

const NS_PER_MS = 1e6;
const NO_LINK = new Uint8Array(0);

/** A device that captures what passes. */
export class PcapTapDevice implements Device {
  readonly name: string;
  readonly capabilities: DeviceCapabilities;
  readonly accept?: (frame: Frame) => boolean;
  readonly #inner: Device;
  readonly #writer: CaptureWriter;
  readonly #clock: Clock;
  readonly #epoch: bigint;

  /**
   * @param inner the device that does the work; closing this closes it
   * @throws Error of node:fs when the file cannot be created
   */
  constructor(inner: Device, options: PcapTapOptions) {
    this.#inner = inner;
    this.name = inner.name;
    this.capabilities = inner.capabilities;
    this.#writer = new CaptureWriter(options.path, LINK_TYPE.raw);
    this.#clock = options.clock;
    this.#epoch = options.epoch ?? 0n;
    // What is handed back was captured when it was received.
    if (inner.accept !== undefined) this.accept = (frame) => inner.accept?.(frame) ?? false;
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#inner.drops;
  }

  receive(batch: readonly Frame[]): number {
    const count = this.#inner.receive(batch);
    for (let index = 0; index < count; index++) this.#write(batch[index]!);
    return count;
  }

  transmit(frame: Frame, nextHop: NextHop): boolean {
    this.#write(frame);
    return this.#inner.transmit(frame, nextHop);
  }

  flush(): void {
    this.#writer.flush();
    this.#inner.flush?.();
  }

  close(): void {
    this.#writer.close();
    this.#inner.close();
  }

  #write(frame: Frame): void {
    const time = this.#epoch + BigInt(Math.round(this.#clock.now() * NS_PER_MS));
    this.#writer.write(time, NO_LINK, frame.packet());
  }
}
