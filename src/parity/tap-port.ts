/**
 * A port of a director's host: a TAP interface, with whole packets going in and coming out.
 *
 * @module
 */
import { EAGAIN, EINTR, type Libc, openLibc } from "../../dataplane/sys/libc.ts";
import { systemError } from "../../dataplane/sys/system-error.ts";
import { openTap } from "../../dataplane/sys/tun.ts";
import * as ethernet from "../wire/ethernet.ts";
import { viewOf } from "../wire/netlink.ts";
import type { EmittedPacket } from "./bed.ts";
import { isNoise } from "./noise.ts";
import type { PortConfig } from "./topology.ts";

/** Longest frame: an Ethernet header and the longest packet, in bytes. */
const LONGEST = ethernet.HEADER_LENGTH + 65535;

/** A TAP interface of this network namespace, which vanishes when it is closed. */
export class TapPort {
  readonly name: string;
  readonly #mac: number;
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #received = new Uint8Array(LONGEST);
  #open = true;

  /** @throws SystemError when the host refuses; Error without koffi */
  constructor(config: PortConfig) {
    this.name = config.name;
    this.#mac = macOf(config.mac);
    this.#libc = openLibc(`Cannot open port "${config.name}"`);
    this.#fd = openTap(config.name);
  }

  /**
   * Has a packet arrive, and be handled as far as it can be at once.
   *
   * @param packet from its IP header on
   * @throws SystemError when the interface does not take it
   */
  inject(packet: Uint8Array, sourceMac: number): void {
    const frame = new Uint8Array(ethernet.HEADER_LENGTH + packet.length);
    const { ipv4, ipv6 } = ethernet.ETHER_TYPE;
    const type = (packet[0] ?? 0) >>> 4 === 6 ? ipv6 : ipv4;
    ethernet.write(viewOf(frame), 0, { destination: this.#mac, source: sourceMac, type });
    frame.set(packet, ethernet.HEADER_LENGTH);
    if (this.#libc.write(this.#fd, frame, frame.length) >= 0) return;
    throw systemError("write", this.#libc.errno(), `Cannot send to port "${this.name}"`, {
      EIO: "the interface is down",
    });
  }

  /** Returns what left by this port since it was last asked, less the noise of a host. */
  drain(): readonly EmittedPacket[] {
    const emitted: EmittedPacket[] = [];
    for (;;) {
      const length = this.#libc.read(this.#fd, this.#received, LONGEST);
      if (length < 0) {
        const errno = this.#libc.errno();
        if (errno === EINTR) continue;
        if (errno === EAGAIN) return emitted;
        throw systemError("read", errno, `Cannot receive from port "${this.name}"`);
      }
      const packet = this.#packet(this.#received.subarray(0, length));
      if (packet !== undefined) emitted.push(packet);
    }
  }

  /** Closes the port. Calling it again does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.close(this.#fd);
  }

  #packet(frame: Uint8Array): EmittedPacket | undefined {
    const view = viewOf(frame);
    if (!ethernet.isWhole(view, 0, frame.length)) return undefined;
    const destination = ethernet.destination(view, 0);
    const etherType = ethernet.type(view, 0, frame.length);
    const bytes = frame.slice(ethernet.HEADER_LENGTH);
    if (ethernet.isGroup(destination) && isNoise(etherType, bytes)) return undefined;
    return {
      port: this.name,
      destinationMac: ethernet.formatMac(destination),
      etherType,
      bytes,
    };
  }
}

/** Returns the number of a MAC address written with colons. */
export function macOf(text: string): number {
  return Number.parseInt(text.replaceAll(":", ""), 16);
}
