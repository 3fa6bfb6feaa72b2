/**
 * A device around a device that tells every packet in one line.
 *
 *     uipvs0 < IP 10.1.2.3.40000 > 10.0.0.100.80: Flags [S], seq 7, win 65535, length 0
 *     uipvs0 > IP 10.1.2.3.40000 > 10.0.1.1.80: Flags [S], seq 7, win 65535, length 0, via 10.0.1.1
 *     uipvs0 = IP 10.1.2.3 > 10.0.0.100: ICMP echo request, id 1, seq 1, length 64
 *
 * `<` was received, `>` sent, `=` handed back to the host; a packet the device did not take ends in
 * `, not taken`.
 *
 * @module
 */
import { formatAddress } from "../src/net/address.ts";
import type { Frame } from "../src/wire/frame.ts";
import { packetText, type TextOptions } from "../src/wire/text.ts";
import type { Device, DeviceCapabilities, NextHop } from "./device.ts";

/** A device that tells what passes. */
export class TracerDevice implements Device {
  readonly name: string;
  readonly capabilities: DeviceCapabilities;
  readonly accept?: (frame: Frame) => boolean;
  readonly #inner: Device;
  readonly #tell: (direction: string, frame: Frame, remark?: string) => void;

  /**
   * @param inner the device that does the work; closing this closes it
   * @param log gets every line, without a line break
   */
  constructor(inner: Device, log: (line: string) => void, options?: TextOptions) {
    this.#inner = inner;
    this.name = inner.name;
    this.capabilities = inner.capabilities;
    this.#tell = (direction, frame, remark = "") =>
      log(`${inner.name} ${direction} ${packetText(frame.packet(), options)}${remark}`);
    if (inner.accept !== undefined) {
      this.accept = (frame) => {
        const text = packetText(frame.packet(), options);
        const taken = inner.accept?.(frame) ?? false;
        log(`${inner.name} = ${text}${taken ? "" : ", not taken"}`);
        return taken;
      };
    }
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#inner.drops;
  }

  receive(batch: Frame[]): number {
    const count = this.#inner.receive(batch);
    for (let index = 0; index < count; index++) this.#tell("<", batch[index]!);
    return count;
  }

  transmit(frame: Frame, nextHop: NextHop): boolean {
    const taken = this.#inner.transmit(frame, nextHop);
    this.#tell(">", frame, `, via ${nextHopText(nextHop)}${taken ? "" : ", not taken"}`);
    return taken;
  }

  flush(): void {
    this.#inner.flush?.();
  }

  close(): void {
    this.#inner.close();
  }
}

function nextHopText({ family, address }: NextHop): string {
  return formatAddress({ family, words: address });
}
