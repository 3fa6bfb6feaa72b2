/**
 * One engine with all it needs on one thread: who obeys commands, who moves packets, and who has the
 * host hand the packets over.
 *
 * It knows neither which thread it is on nor who waits for packets: `worker.ts` blocks between two
 * turns, `inline-engine.ts` returns to the event loop.
 *
 * @module
 */
import type { SelectorChange } from "../../dataplane/interception.ts";
import type { Milliseconds } from "../base/clock.ts";
import { sentenceOf } from "../base/sentence.ts";
import type { ServiceId } from "../wire/ipvs-objects.ts";
import { type ConfigurationReader, SelectorIndex } from "./selector-index.ts";

/** Moves packets. */
export interface PacketLoop {
  /** Moves at most one batch, lets time pass, and returns how many packets there were. */
  turn(): number;
  /** Whether the last batch was full, and of datagrams for the most part, whose senders wait for nobody. */
  readonly flooded: boolean;
  /** Returns when time has to pass next without a packet, in ms of the engine's clock, or Infinity. */
  nextDeadline(): Milliseconds;
}

/** Has the host hand packets over. */
export interface Interceptor {
  /** Has the host hand over what else is wanted, and no longer what is not; all of it or nothing. */
  apply(change: SelectorChange): void;
  /** Has the host hand over nothing, as before. */
  close(): void;
}

/** What an engine is served with. */
export interface EngineHostParts {
  readonly deviceName: string;
  /** Reads services and destinations; changes come by `answer`. */
  readonly configuration: ConfigurationReader;
  /** Answers one netlink message piece by piece, and never throws for one. */
  readonly answer: (message: Uint8Array) => Iterable<Uint8Array>;
  readonly loop: PacketLoop;
  /** Absent where there is no host to intercept at. */
  readonly interceptor?: Interceptor | undefined;
  /** Releases the device. */
  readonly release: () => void;
  readonly log: (line: string) => void;
}

/** An engine that can be asked and turned. */
export class EngineHost {
  readonly #parts: EngineHostParts;
  readonly #index: SelectorIndex;
  #serving = false;
  /** Whether the host has yet to be told of a change. */
  #pending = false;
  #fault: string | undefined;
  #closed = false;

  constructor(parts: EngineHostParts) {
    this.#parts = parts;
    this.#index = new SelectorIndex(parts.configuration);
  }

  get deviceName(): string {
    return this.#parts.deviceName;
  }

  /** Whether packets are moved. */
  get serving(): boolean {
    return this.#serving && !this.#closed;
  }

  /** Takes note that a service or its destinations may have changed, or any service without `id`. */
  configurationChanged(id?: ServiceId): void {
    // Before it serves nobody is told, and `start` reads everything.
    if (!this.serving || this.#parts.interceptor === undefined) return;
    if (id === undefined) this.#index.refreshAll();
    else this.#index.refresh(id);
    // After a fault any change is a reason to try again.
    this.#pending = this.#pending || this.#index.changed || this.#fault !== undefined;
  }

  /**
   * Answers one message, in pieces of whole messages; no piece when no answer is due. Packets may be
   * moved between two of them: a long list shows no single moment.
   *
   * Before a change is answered the host hands over the packets it is about, so whoever has the answer
   * may send the first one.
   */
  *answer(message: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (const piece of this.#parts.answer(message)) {
      if (this.#pending) this.#intercept();
      yield piece;
    }
    if (this.#pending) this.#intercept();
  }

  /** Begins with the packets of the services there are. */
  start(): void {
    this.#serving = true;
    this.#index.refreshAll();
    this.#intercept();
    if (this.#fault !== undefined) throw new Error(this.#fault);
  }

  /** Moves at most one batch of packets and lets time pass; returns how many packets there were. */
  turn(): number {
    return this.#parts.loop.turn();
  }

  /** Whether more packets may come than those who get them can take: see `PacketLoop`. */
  get flooded(): boolean {
    return this.#parts.loop.flooded;
  }

  /** Returns when `turn` is due without a packet, in ms of the engine's clock; Infinity for never. */
  nextDeadline(): Milliseconds {
    return this.serving ? this.#parts.loop.nextDeadline() : Number.POSITIVE_INFINITY;
  }

  /** Why the host does not hand over the packets of all services, or `undefined`. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Undoes what was changed of the host and releases the device. Calling it again does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#parts.interceptor?.close();
    } finally {
      this.#parts.release();
    }
  }

  /**
   * A command is not refused when the host cannot be told: the kernel would have obeyed it, listings
   * show it, and to take it back would be a second change that may fail as well. So the change stays,
   * the operator is told, `uipvs status` shows it, and the next change tries again.
   */
  #intercept(): void {
    const { interceptor, log } = this.#parts;
    if (interceptor === undefined) return;
    try {
      interceptor.apply(this.#index.change);
      this.#index.settled();
      this.#fault = undefined;
    } catch (error) {
      this.#fault = sentenceOf(error);
      log(this.#fault);
    }
    this.#pending = false;
  }
}
