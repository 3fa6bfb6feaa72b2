/**
 * The master: tells other directors of the connections here.
 *
 * Source: linux ip_vs_sync.c `ip_vs_sync_conn`, `ip_vs_sync_conn_v0`, as observed on a running kernel.
 *
 * @module
 */
import { SyncRecord } from "../../wire/ipvs-sync.ts";
import { CONNECTION_FLAG, type ConnectionHandle, NO_CONNECTION } from "../connection-records.ts";
import type { EngineState } from "../engine-state.ts";
import { SyncDue } from "./sync-due.ts";
import type { SyncQueue } from "./sync-queue.ts";
import { fillSyncRecord } from "./sync-record-of.ts";

/** The master daemon of one director, while it runs. */
export class SyncMaster {
  readonly #state: EngineState;
  readonly #queues: readonly SyncQueue[];
  readonly #due: SyncDue;
  readonly #record = new SyncRecord();

  /** @param queues a power of two of them */
  constructor(state: EngineState, queues: readonly SyncQueue[]) {
    this.#state = state;
    this.#queues = queues;
    this.#due = new SyncDue(state);
  }

  /** Counts a packet of the client, and tells of its connection and what controls that where it is due. */
  countPacket(handle: ConnectionHandle): void {
    const { connections, sysctls } = this.#state;
    if ((connections.flags(handle) & CONNECTION_FLAG.onePacket) !== 0) {
      this.consider(handle, sysctls.sync_threshold);
      return;
    }
    this.consider(handle, this.#count(handle));
  }

  /** Tells of a connection that is kept because others need it, where it is due. */
  kept(handle: ConnectionHandle): void {
    this.consider(handle, this.#state.sysctls.sync_threshold);
  }

  /**
   * Tells of a connection and of what controls it, each where it is due.
   *
   * @param packets count of its packets that the thresholds are about
   */
  consider(handle: ConnectionHandle, packets: number): void {
    const { connections, sysctls } = this.#state;
    let count = packets;
    for (let told = handle; told !== NO_CONNECTION; told = connections.controller(told)) {
      const flags = connections.flags(told);
      if (told !== handle) {
        const template = (flags & CONNECTION_FLAG.template) !== 0;
        count = template ? this.#count(told) : sysctls.sync_threshold;
      }
      const version = sysctls.sync_version === 0 ? 0 : 1;
      const whole = (flags & CONNECTION_FLAG.onePacket) === 0;
      const expressible = whole && (version === 1 || connections.family(told) === 4);
      if (expressible && this.#due.isDue(told, count)) {
        fillSyncRecord(this.#state, told, this.#record);
        this.#queueOf(told).add(version, this.#record);
      } else if (version === 0) {
        // Version 0 does not look further than what it does not tell.
        return;
      }
    }
  }

  /** Forgets what was not sent, and sends no more. */
  close(): void {
    for (const queue of this.#queues) queue.close();
  }

  #count(handle: ConnectionHandle): number {
    const { connections } = this.#state;
    const count = (connections.packets(handle) + 1) >>> 0;
    connections.setPackets(handle, count);
    return count;
  }

  #queueOf(handle: ConnectionHandle): SyncQueue {
    return this.#queues[handle & (this.#queues.length - 1)]!;
  }
}
