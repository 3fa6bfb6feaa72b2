/**
 * The one interface of everything packets come from and go to.
 *
 * A device hands over batches of IP packets and takes batches of IP packets; link layers stay inside
 * it. The pump and the engine cannot tell which one they serve.
 *
 * @module
 */
import type { AddressWords, Family } from "../src/net/address.ts";
import type { Frame } from "../src/wire/frame.ts";

/** What a device can do, and what the host around it has already done to a packet. */
export interface DeviceCapabilities {
  /** Whether packets can come from it. */
  readonly receive: boolean;
  /** Whether packets can leave by it. */
  readonly transmit: boolean;
  /**
   * Whether a packet can be sent to another next hop than its own destination address, as direct
   * routing needs.
   */
  readonly nextHop: boolean;
  /** Whether what is received was already forwarded by the host, which decremented its TTL. */
  readonly forwarded: boolean;
}

/** Who is to get a packet next. */
export interface NextHop {
  readonly family: Family;
  /** 4 words; the packet's own destination, or the real server for direct routing. */
  readonly address: Readonly<AddressWords>;
}

/** A source and sink of packets. Nothing here throws for a packet; a full queue is counted. */
export interface Device {
  /** Name for people, such as `uipvs0` or a file name. */
  readonly name: string;
  readonly capabilities: DeviceCapabilities;
  /** Packets that could not be sent, by reason. */
  readonly drops: Readonly<Record<string, number>>;

  /**
   * Fills frames of `batch` from the first on and returns how many; 0 when nothing waits.
   *
   * Each frame's window is set behind its headroom, and `time` where the device knows it. A device that has
   * packets in memory of its own puts frames of that memory in the place of those of the batch; they are its
   * own again with the next call.
   */
  receive(batch: Frame[]): number;

  /**
   * Takes one packet to send. The frame may be used again as soon as this returns.
   *
   * @returns whether the packet was taken; if not, the device has counted why
   */
  transmit(frame: Frame, nextHop: NextHop): boolean;

  /**
   * Hands a packet that is none of the director's business back to the host around the device, to be
   * delivered or forwarded as if the director were not there. Absent where there is no host.
   *
   * @returns whether the packet was taken
   */
  accept?(frame: Frame): boolean;

  /** Pushes out what `transmit` has gathered, where the device gathers. */
  flush?(): void;

  /** Releases everything the device holds. Calling it again does nothing. */
  close(): void;
}
