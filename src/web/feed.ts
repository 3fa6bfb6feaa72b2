/**
 * Looks at the director once a second, less often while nothing happens, for all pages together.
 *
 * A reader is told what has changed since it was told last: one that is slow skips moments, and keeps
 * nobody waiting.
 *
 * @module
 */
import { EventEmitter, once } from "node:events";
import type { Milliseconds } from "../base/clock.ts";
import { sentenceOf } from "../base/sentence.ts";
import type { LiveReader, LiveService, Traffic } from "../live/index.ts";
import type { DirectorFacts, LiveMessage } from "./api.ts";
import type { RateHistory } from "./rate-history.ts";

/** Time between two looks, if one takes little. */
const INTERVAL: Milliseconds = 1000;
/** Time between two looks while nothing happens. */
const IDLE_INTERVAL: Milliseconds = 5000;
/** Looks in a row that find nothing new until nothing happens: what the estimator renews every two seconds is seen twice. */
const IDLE_LOOKS = 5;
/** Rest after a look, in times of what it took: where a table is large, it is looked at less often. */
const REST = 49;
/** The longest rest: a machine that is busy makes every look seem long. */
const LONGEST_REST: Milliseconds = 5000;

/** Who is asked. */
export interface FeedSources {
  readonly reader: LiveReader;
  readonly facts: () => Promise<DirectorFacts>;
  readonly history: RateHistory;
}

interface Known {
  readonly service: LiveService;
  readonly text: string;
  /** Look at which it was last seen to change. */
  readonly version: number;
}

/** What is known of the director. */
export class Feed {
  readonly #sources: FeedSources;
  readonly #looks = new EventEmitter().setMaxListeners(0);
  #services = new Map<string, Known>();
  #order: readonly string[] = [];
  #orderVersion = 0;
  #version = 0;
  #at = 0;
  #facts: DirectorFacts | undefined;
  #totals: Traffic | undefined;
  /** Looks in a row that have found nothing new. */
  #idle = 0;
  #fault: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Whether something was changed during the look that goes on. */
  #again = false;

  constructor(sources: FeedSources) {
    this.#sources = sources;
  }

  /** Looks for the first time, and goes on. */
  async start(): Promise<void> {
    await this.#look();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#looks.emit("look");
  }

  /** Looks again as soon as that is possible: something has been changed. */
  hurry(): void {
    if (this.#closed) return;
    if (this.#timer === undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#look();
  }

  /** Yields a message now, and one after each look, until it is given up or the feed closes. */
  async *messages(signal: AbortSignal): AsyncGenerator<LiveMessage, void, undefined> {
    let told = -1;
    while (!signal.aborted && !this.#closed) {
      const version = this.#version;
      const message = this.#since(told);
      if (message !== undefined) yield message;
      told = version;
      if (version !== this.#version) continue;
      try {
        await once(this.#looks, "look", { signal });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }

  #since(version: number): LiveMessage | undefined {
    if (this.#facts === undefined || this.#totals === undefined) return undefined;
    const changed = [...this.#services.values()].filter((known) => known.version > version);
    return {
      at: this.#at,
      director: this.#facts,
      totals: this.#totals,
      ...(this.#orderVersion > version && { order: this.#order }),
      services: changed.map(({ service }) => service),
      ...(this.#fault !== undefined && { fault: this.#fault }),
    };
  }

  async #look(): Promise<void> {
    const begun = performance.now();
    try {
      const [state, facts] = await Promise.all([
        this.#sources.reader.read(),
        this.#sources.facts(),
      ]);
      this.#at = Date.now();
      this.#facts = facts;
      const before = JSON.stringify(this.#totals);
      this.#totals = state.totals;
      const changed = this.#take(state.services);
      this.#idle = changed || JSON.stringify(state.totals) !== before ? 0 : this.#idle + 1;
      this.#sources.history.add(this.#at, state);
      this.#fault = undefined;
    } catch (error) {
      this.#fault = sentenceOf(error);
      this.#version++;
    }
    this.#looks.emit("look");
    if (this.#closed) return;
    const took = performance.now() - begun;
    const interval = this.#idle < IDLE_LOOKS ? INTERVAL : IDLE_INTERVAL;
    const rest = this.#again ? 0 : Math.min(LONGEST_REST, Math.max(interval - took, REST * took));
    this.#again = false;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#look();
    }, rest);
  }

  /** Takes what was read, and returns whether anything of it is new. */
  #take(services: readonly LiveService[]): boolean {
    const version = ++this.#version;
    const order = services.map(({ key }) => key);
    if (order.join("\n") !== this.#order.join("\n") || this.#orderVersion === 0) {
      this.#order = order;
      this.#orderVersion = version;
    }
    this.#services = new Map(
      services.map((service) => {
        const text = JSON.stringify(service);
        const known = this.#services.get(service.key);
        return [
          service.key,
          known !== undefined && known.text === text ? known : { service, text, version },
        ];
      }),
    );
    if (this.#orderVersion === version) return true;
    return [...this.#services.values()].some((known) => known.version === version);
  }
}
