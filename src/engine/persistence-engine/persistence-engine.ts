/**
 * What a persistence engine is: it groups clients by what their packets say, beyond where they come from.
 *
 * @module
 */
import type { Packet } from "../packet.ts";

/** Bytes of a frame, `[start, end)`. Used again for the next packet. */
export interface EngineSpan {
  start: number;
  end: number;
}

/** A persistence engine. */
export interface PersistenceEngine {
  /** Name by which services ask for it. */
  readonly name: string;
  /** Whether packets real servers send of their own accord begin connections too. */
  readonly followsServers: boolean;

  /**
   * Finds what the clients of one template have in common, 1–255 bytes of the packet's frame. A packet
   * without is refused: `false`.
   */
  find(packet: Packet, into: EngineSpan): boolean;
}

/** What the clients of one template have in common. */
export interface EngineData {
  readonly engine: PersistenceEngine;
  readonly bytes: Uint8Array;
}
