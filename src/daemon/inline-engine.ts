/**
 * An engine on the thread that asks it, between other events.
 *
 * For devices that cannot be had on another thread, and for those that bring no packets at all.
 *
 * @module
 */
import { setImmediate as turnOfEvents } from "node:timers/promises";
import type { Clock, Milliseconds } from "../base/clock.ts";
import type { Engine } from "./engine.ts";
import type { EngineHost } from "./engine-host.ts";

/** Batches moved before other events get their turn. */
const TURNS = 16;

/** Longest time a timer of Node can be set to, in ms; a turn too early does no harm. */
const MAX_TIMER = 0x7fffffff;

/** An `Engine` on the event loop of this thread. */
export class InlineEngine implements Engine {
  readonly #host: EngineHost;
  readonly #clock: Clock;
  readonly #failed: (error: Error) => void;
  readonly #interval: Milliseconds;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  /**
   * @param clock the one `host` tells deadlines by
   * @param failed told when moving packets has failed; the engine is of no use then, and is to be closed
   * @param interval how often to look for packets when none came; never, where none can come
   */
  constructor(
    host: EngineHost,
    clock: Clock,
    failed: (error: Error) => void,
    interval: Milliseconds = MAX_TIMER,
  ) {
    this.#host = host;
    this.#clock = clock;
    this.#failed = failed;
    this.#interval = interval;
  }

  get deviceName(): string {
    return this.#host.deviceName;
  }

  async *answer(message: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    const pieces = this.#host.answer(message);
    let piece = pieces.next();
    // A command may have brought a deadline nearer than the one waited for.
    this.#await();
    while (!piece.done) {
      yield piece.value;
      piece = pieces.next();
      // However fast pieces are taken, packets come between them.
      if (!piece.done) await turnOfEvents();
    }
  }

  async start(): Promise<void> {
    this.#host.start();
    this.#soon();
  }

  async close(): Promise<void> {
    this.#host.close();
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  /** Has packets moved as soon as the event loop gets to it. */
  #soon(): void {
    if (!this.#host.serving || this.#immediate !== undefined) return;
    this.#immediate = setImmediate(() => {
      this.#immediate = undefined;
      this.#turn();
    });
  }

  #turn(): void {
    if (!this.#host.serving) return;
    try {
      for (let turn = 0; turn < TURNS; turn++) {
        if (this.#host.turn() > 0) continue;
        this.#await();
        return;
      }
      this.#soon();
    } catch (error) {
      this.#failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Sets the timer to the next deadline. */
  #await(): void {
    clearTimeout(this.#timer);
    if (!this.#host.serving) return;
    const delay = Math.max(0, Math.ceil(this.#host.nextDeadline() - this.#clock.now()));
    this.#timer = setTimeout(() => this.#turn(), Math.min(delay, this.#interval));
  }
}
