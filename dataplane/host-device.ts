/**
 * The host's packets as one device: what its TUN interfaces bring comes in, a raw device takes what
 * goes out, and what is not for the director goes back into the interface it came by.
 *
 *     host --policy rules--> TUN --receive--> director --transmit--> raw socket --> network
 *      ^                      |                   |
 *      +------ delivered, <---+------accept-------+
 *              or forwarded
 *
 * A packet given back is routed by the host once more, which decrements its TTL again unless it is
 * delivered.
 *
 * @module
 */
import { sameWords } from "../src/net/address.ts";
import type { Frame } from "../src/wire/frame.ts";
import * as ipv4 from "../src/wire/ipv4.ts";
import * as ipv6 from "../src/wire/ipv6.ts";
import type { Device, DeviceCapabilities, NextHop } from "./device.ts";
import { adjustHops } from "./hops.ts";
import type { CaptureDevice } from "./interception.ts";
import { type Log, TunDevice } from "./tun.ts";

/** What a host device is opened with. */
export interface HostDeviceOptions {
  /** Name of the interface, 1–6 bytes as the names for firewall marks are made from it: `uipvs0`. */
  readonly name: string;
  /** What packets leave by; closed with the host device. */
  readonly output: Device;
  /** Whether packets may come with work left to do, which the output must know how to; true. */
  readonly offload?: boolean;
  readonly log?: Log;
}

/** The device of a director on a host. */
export class HostDevice implements Device {
  readonly name: string;
  readonly capabilities: DeviceCapabilities;
  readonly #output: Device;
  readonly #log: Log;
  readonly #offload: boolean;
  readonly #destination = new Uint32Array(4);
  /** The interface for packets without mark first. */
  readonly #interfaces: TunDevice[];
  /** Which interface is asked first; the others get their turn even under load. */
  #turn = 0;

  private constructor(main: TunDevice, output: Device, offload: boolean, log: Log) {
    this.name = main.name;
    this.#output = output;
    this.#log = log;
    this.#offload = offload;
    this.#interfaces = [main];
    const { transmit, nextHop } = output.capabilities;
    this.capabilities = { receive: true, transmit, nextHop, forwarded: true };
  }

  /**
   * Makes the interface for packets without mark.
   *
   * @throws SystemError when the host refuses, RangeError for an impossible name; Error without koffi
   */
  static open(options: HostDeviceOptions): HostDevice {
    const { name, output, offload = true, log = () => {} } = options;
    return new HostDevice(TunDevice.open(name, { offload, log }), output, offload, log);
  }

  /** Descriptors to wait for; one more after `captureDevice` has opened an interface. */
  get fds(): readonly number[] {
    return this.#interfaces.map(({ fd }) => fd);
  }

  /** Packets that could not be sent or given back, by reason. */
  get drops(): Readonly<Record<string, number>> {
    const sum: Record<string, number> = { ...this.#output.drops };
    for (const { drops } of this.#interfaces) {
      for (const [reason, count] of Object.entries(drops)) sum[reason] = (sum[reason] ?? 0) + count;
    }
    return sum;
  }

  /**
   * Returns the interface for packets of a firewall mark, 0 for those of none; makes it when needed.
   *
   * @throws SystemError when the host refuses
   */
  captureDevice(mark: number): CaptureDevice {
    const known = this.#interfaces.find((device) => device.mark === mark);
    if (known !== undefined) return known;
    const name = `${this.name}m${mark.toString(16)}`;
    const device = TunDevice.open(name, { mark, offload: this.#offload, log: this.#log });
    this.#interfaces.push(device);
    return device;
  }

  receive(batch: Frame[]): number {
    const count = this.#interfaces.length;
    for (let tried = 0; tried < count; tried++) {
      this.#turn = (this.#turn + 1) % count;
      const received = this.#interfaces[this.#turn]!.receive(batch);
      if (received > 0) return received;
    }
    return 0;
  }

  /**
   * What is to be cut into segments on its way to its own destination goes by the host, which forwards it and
   * has the work done by whoever does it best; the output would have to cut it.
   */
  transmit(frame: Frame, nextHop: NextHop): boolean {
    if (frame.segmentSize === 0 || !this.#isDestination(frame, nextHop)) {
      return this.#output.transmit(frame, nextHop);
    }
    adjustHops(frame, 1);
    return this.#interfaces[0]!.accept(frame);
  }

  /** Whether a packet that is in no tunnel is to go where its header says. */
  #isDestination({ view, start, innerStart }: Frame, { family, address }: NextHop): boolean {
    if (innerStart !== 0 || (ipv4.version(view, start) === 4) !== (family === 4)) return false;
    if (family === 4) return ipv4.dst(view, start) === address[0];
    ipv6.readDst(view, start, this.#destination);
    return sameWords(this.#destination, address);
  }

  /** The host gets the packet without its mark. */
  accept(frame: Frame): boolean {
    for (const device of this.#interfaces)
      if (device.mark === frame.mark) return device.accept(frame);
    return this.#interfaces[0]!.accept(frame);
  }

  flush(): void {
    this.#output.flush?.();
  }

  close(): void {
    for (const device of this.#interfaces) device.close();
    this.#output.close();
  }
}
