/**
 * What sends packets straight to links.
 *
 * @module
 */
import type { Frame } from "../src/wire/frame.ts";
import type { Hop } from "./host-neighbors.ts";

/** Sends packets, each behind the Ethernet header of its next hop. */
export interface LinkSender {
  /** Bytes it needs in front of a packet. */
  readonly front: number;
  /** Whether checksums may be left to be completed, and packets to be cut into segments. */
  readonly offload: boolean;

  /** Whether it sends to the link of an interface. */
  reaches(interfaceIndex: number): boolean;

  /**
   * Takes a packet to send; the frame must stay as it is until `flush`.
   *
   * @param hop known, on a link that is reached
   */
  send(frame: Frame, hop: Hop): void;

  /** Sends what was taken and has not left yet. */
  flush(): void;

  /** Releases everything. Calling it again does nothing. */
  close(): void;
}
