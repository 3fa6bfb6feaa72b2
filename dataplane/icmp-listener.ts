/**
 * The ICMP errors addressed to this host, as a device: those clients and routers send about what the
 * director sent from virtual addresses, and about its tunnels.
 *
 *     host --copy--> ICMP sockets --receive--> director --transmit--> raw socket --> network
 *      ^                                          |
 *      +------ delivered once more <--accept------+  only what the director has rewritten
 *
 * They are heard, not captured: policy rules cannot tell an error from what keeps neighbours known to each
 * other (RFC 4861), nor from an echo request, and the host goes on taking in all of them itself. What this
 * host tells itself is passed over.
 *
 * @module
 */
import type { Host } from "../src/engine/host.ts";
import type { Family } from "../src/net/address.ts";
import type { Frame } from "../src/wire/frame.ts";
import * as ipv4 from "../src/wire/ipv4.ts";
import * as ipv6 from "../src/wire/ipv6.ts";
import type { Device, DeviceCapabilities, NextHop } from "./device.ts";
import { IcmpSocket } from "./sys/icmp-socket.ts";
import { SystemError } from "./sys/system-error.ts";

/** Hears errors; sends by another device. */
export class IcmpListener implements Device {
  readonly name = "icmp";
  readonly capabilities: DeviceCapabilities;
  /** Errors lost are those of the other device. */
  readonly drops = {};
  readonly #host: Pick<Host, "isLocal">;
  readonly #device: Device;
  readonly #sockets: readonly IcmpSocket[];
  readonly #source = new Uint32Array(4);
  /** Who has sent what is in each frame, by `senderOf`. */
  readonly #received = new WeakMap<Frame, number>();

  private constructor(host: Pick<Host, "isLocal">, device: Device, sockets: readonly IcmpSocket[]) {
    this.#host = host;
    this.#device = device;
    this.#sockets = sockets;
    const { transmit, nextHop } = device.capabilities;
    this.capabilities = { receive: true, transmit, nextHop, forwarded: false };
  }

  /**
   * Begins to listen, for both families where the kernel has them.
   *
   * @param host tells what is this host's own
   * @param device sends, and gives back to the host; stays the caller's
   * @throws SystemError without the capability CAP_NET_RAW; Error without koffi
   */
  static open(host: Pick<Host, "isLocal">, device: Device): IcmpListener {
    const first = new IcmpSocket(4);
    try {
      const second = openIpv6();
      return new IcmpListener(host, device, second === undefined ? [first] : [first, second]);
    } catch (error) {
      first.close();
      throw error;
    }
  }

  /** Descriptors to wait for. */
  get fds(): readonly number[] {
    return this.#sockets.map(({ fd }) => fd);
  }

  receive(batch: readonly Frame[]): number {
    let count = 0;
    for (const socket of this.#sockets) {
      while (count < batch.length && socket.receive(batch[count]!)) {
        const frame = batch[count]!;
        if (this.#isOwn(frame)) continue;
        this.#received.set(frame, senderOf(frame));
        count++;
      }
    }
    return count;
  }

  transmit(frame: Frame, nextHop: NextHop): boolean {
    return this.#device.transmit(frame, nextHop);
  }

  /** The host has every error already, but not as the director has rewritten it. */
  accept(frame: Frame): boolean {
    if (this.#received.get(frame) === senderOf(frame)) return true;
    return this.#device.accept?.(frame) ?? false;
  }

  flush(): void {
    this.#device.flush?.();
  }

  /** Leaves the other device open. */
  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  #isOwn({ view, start }: Frame): boolean {
    const family: Family = ipv4.version(view, start) === 4 ? 4 : 6;
    if (family === 6) ipv6.readSrc(view, start, this.#source);
    else {
      this.#source.fill(0);
      this.#source[0] = ipv4.src(view, start);
    }
    return this.#host.isLocal(family, this.#source);
  }
}

/** Returns a number of the sender, who is another one in all that is rewritten. */
function senderOf({ view, start }: Frame): number {
  if (ipv4.version(view, start) === 4) return ipv4.src(view, start);
  let sum = 0;
  for (let word = 0; word < 4; word++) sum += (word + 1) * view.getUint32(start + 8 + 4 * word);
  return sum;
}

/** Returns a socket for IPv6, or `undefined` on a host without IPv6. */
function openIpv6(): IcmpSocket | undefined {
  try {
    return new IcmpSocket(6);
  } catch (error) {
    if (error instanceof SystemError && error.code === "EAFNOSUPPORT") return undefined;
    throw error;
  }
}
