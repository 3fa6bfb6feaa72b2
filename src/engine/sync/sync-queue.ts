/**
 * Messages on their way to a group: records are gathered into messages, messages wait to be sent.
 *
 * It does as one of the kernel's threads does: it wakes 20 ms after the first message came to wait, at once
 * when eight do, and every second to see whether a message has been growing for two.
 *
 * Source: linux ip_vs_sync.c `sb_queue_tail`, `sync_thread_master`, as observed on a running kernel.
 *
 * @module
 */
import type { Ticks } from "../../base/clock.ts";
import {
  recordLength,
  SYNC_HEADER,
  type SyncRecord,
  type SyncVersion,
  writeHeader,
  writeRecord,
} from "../../wire/ipvs-sync.ts";
import type { EngineState } from "../engine-state.ts";
import type { MulticastSender } from "../host.ts";
import type { Cancel, PeriodicJobs } from "../periodic-jobs.ts";
import type { SyncCounters } from "./sync-counters.ts";

/** From the first message that waits until it is sent, in seconds. */
const SEND_DELAY = 1 / 50;
/** Messages that do not wait for others. */
const WAKING = 8;
/** Seconds between two looks at the message that is growing. */
const CHECK_PERIOD = 1;
/** How long a message may grow, in seconds. */
const FLUSH_TIME = 2;
/** Records of one message. */
const MOST_RECORDS = 255;
/** Messages whose memory is kept for others. */
const SPARE = 64;

/** A message that is being made or waits. */
interface Message {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  version: SyncVersion;
  length: number;
  records: number;
  /** When its first record came. */
  begun: Ticks;
}

/** What a queue is part of. */
export interface SyncQueueParts {
  readonly state: EngineState;
  readonly jobs: PeriodicJobs;
  readonly sender: MulticastSender | undefined;
  readonly counters: SyncCounters;
  /** Group whose messages these are, 0–255. */
  readonly syncId: number;
  /** Bytes of the longest message, unless a single record is longer. */
  readonly maxLength: number;
}

/** The messages that leave by one port. */
export class SyncQueue {
  readonly #parts: SyncQueueParts;
  #growing: Message | undefined;
  #waiting: Message[] = [];
  /** Messages of `#waiting` that are sent. */
  #sent = 0;
  /** Messages that came to wait since none did. */
  #gathered = 0;
  readonly #spare: Message[] = [];
  #check: Cancel | undefined;
  #wakeUp: Cancel | undefined;

  constructor(parts: SyncQueueParts) {
    this.#parts = parts;
    this.#sleep(CHECK_PERIOD);
  }

  /** Adds a record; it is copied. */
  add(version: SyncVersion, record: Readonly<SyncRecord>): void {
    const length = recordLength(version, record);
    let message = this.#growing;
    if (message !== undefined && (message.version !== version || !fits(message, length))) {
      this.#enqueue(message);
      message = undefined;
    }
    message ??= this.#begin(version, length);
    const { view } = message;
    const start = aligned(message);
    for (let at = message.length; at < start; at++) view.setUint8(at, 0);
    message.length = writeRecord(view, start, version, record);
    message.records++;
    this.#growing = message;
    this.#parts.counters.sentRecords++;
    // The header has a byte for their number.
    if (message.records === MOST_RECORDS) {
      this.#growing = undefined;
      this.#enqueue(message);
    }
  }

  /** Forgets all that was not sent. */
  close(): void {
    this.#check?.();
    this.#wakeUp?.();
    this.#parts.sender?.close();
  }

  #begin(version: SyncVersion, length: number): Message {
    const { maxLength, state } = this.#parts;
    const header = SYNC_HEADER[version];
    const capacity = Math.max(header + length, maxLength);
    const spare = capacity === maxLength ? this.#spare.pop() : undefined;
    const message = spare ?? newMessage(capacity);
    message.version = version;
    message.length = header;
    message.records = 0;
    message.begun = state.now;
    return message;
  }

  /** Has a message wait to be sent. */
  #enqueue(message: Message): void {
    const { state, jobs, counters } = this.#parts;
    const count = this.#waiting.length - this.#sent;
    if (count >= state.sysctls.sync_qlen_max) {
      counters.lostMessages++;
      this.#giveBack(message);
      return;
    }
    if (count === 0) {
      this.#wakeUp ??= jobs.once(state.now, this.#ticks(SEND_DELAY), this.#woken);
    }
    this.#waiting.push(message);
    if (++this.#gathered === WAKING) this.#run();
  }

  readonly #woken = (): void => {
    this.#wakeUp = undefined;
    this.#run();
  };

  /** Sends what waits, and the message that is growing if it has done so for long. */
  readonly #run = (): void => {
    this.#check?.();
    this.#check = undefined;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (!this.#send(next)) {
        this.#waiting.splice(0, this.#sent, next);
        this.#sent = 0;
        this.#sleep(0);
        return;
      }
      this.#giveBack(next);
    }
    this.#sleep(CHECK_PERIOD);
  };

  #next(): Message | undefined {
    const waiting = this.#waiting;
    if (this.#sent < waiting.length) {
      const message = waiting[this.#sent++];
      if (this.#sent === waiting.length) {
        waiting.length = 0;
        this.#sent = 0;
        this.#gathered = 0;
      }
      return message;
    }
    const growing = this.#growing;
    const { now } = this.#parts.state;
    if (growing === undefined || now - growing.begun < this.#ticks(FLUSH_TIME)) return undefined;
    this.#growing = undefined;
    return growing;
  }

  /** Sends a message; `false` when the host is too busy to take it now. */
  #send({ bytes, view, version, records, length }: Message): boolean {
    const { sender, counters, syncId } = this.#parts;
    writeHeader(view, version, syncId, records, length);
    const outcome = sender?.send(bytes.subarray(0, length)) ?? "lost";
    if (outcome === "later") return false;
    if (outcome === "sent") counters.sentMessages++;
    else counters.lostMessages++;
    return true;
  }

  #sleep(seconds: number): void {
    const { state, jobs } = this.#parts;
    this.#check = jobs.once(state.now, this.#ticks(seconds), this.#run);
  }

  #giveBack(message: Message): void {
    if (message.bytes.length === this.#parts.maxLength && this.#spare.length < SPARE) {
      this.#spare.push(message);
    }
  }

  #ticks(seconds: number): Ticks {
    return Math.floor(seconds * this.#parts.state.profile.ticksPerSecond);
  }
}

function newMessage(capacity: number): Message {
  const bytes = new Uint8Array(capacity);
  const view = new DataView(bytes.buffer);
  return { bytes, view, version: 1, length: 0, records: 0, begun: 0 };
}

/** Returns where the next record of a message begins. */
function aligned({ length }: Message): number {
  return (length + 3) & ~3;
}

function fits(message: Message, length: number): boolean {
  return aligned(message) + length <= message.bytes.length;
}
