/**
 * Shows what happens on a terminal until a key ends it.
 *
 * @module
 */
import { emitKeypressEvents } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";
import {
  cursorHide,
  cursorShow,
  cursorTo,
  enterAlternativeScreen,
  eraseDown,
  eraseEndLine,
  exitAlternativeScreen,
} from "ansi-escapes";
import type { Backend } from "../control/backend.ts";
import {
  type ConnectionPage,
  ConnectionSnapshots,
  LiveReader,
  type LiveState,
} from "../live/index.ts";
import { type Paint, rowsOf, screenLines } from "./screen.ts";
import { timeOfDay } from "./time-of-day.ts";
import { afterKey, type Key, type View } from "./view.ts";

/** What is shown, where, and how often. */
export interface TopOptions {
  readonly backend: Backend;
  /** Whose table it is, in a word or two. */
  readonly whose: string;
  readonly view: View;
  /** Time between two looks, in ms. */
  readonly interval: number;
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly paint: Paint;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Shows until `q`, or until the signal.
 *
 * @throws as the methods of `Backend` do, once the terminal is as it was
 */
export async function runTop(options: TopOptions): Promise<void> {
  const { input, output } = options;
  output.write(enterAlternativeScreen + cursorHide);
  input.setRawMode(true);
  emitKeypressEvents(input);
  input.resume();
  try {
    await new Top(options).run();
  } finally {
    input.setRawMode(false);
    input.pause();
    output.write(cursorShow + exitAlternativeScreen);
  }
}

class Top {
  readonly #options: TopOptions;
  readonly #reader: LiveReader;
  readonly #connections: ConnectionSnapshots;
  #view: View;
  #state: LiveState | undefined;
  #page: ConnectionPage | undefined;
  #ended = false;
  /** Ends the wait for the next look. */
  #wake: () => void = () => {};

  constructor(options: TopOptions) {
    this.#options = options;
    this.#view = options.view;
    this.#reader = new LiveReader(options.backend);
    this.#connections = new ConnectionSnapshots(() => options.backend.statusFile("ip_vs_conn"));
  }

  async run(): Promise<void> {
    const { input, output, signal, interval } = this.#options;
    const press = (_text: string | undefined, key: Key): void => this.#press(key);
    const draw = (): void => this.#draw();
    const end = (): void => this.#end();
    input.on("keypress", press);
    output.on("resize", draw);
    signal.addEventListener("abort", end);
    try {
      while (!this.#ended && !signal.aborted) {
        await this.#look();
        if (this.#ended) break;
        this.#draw();
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, interval);
          this.#wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    } finally {
      input.off("keypress", press);
      output.off("resize", draw);
      signal.removeEventListener("abort", end);
    }
  }

  async #look(): Promise<void> {
    this.#state = await this.#reader.read();
    const { shows, filter, connectionSort, reversed, offset } = this.#view;
    if (shows !== "connections") return;
    const limit = rowsOf(this.#options.output.rows);
    this.#page = await this.#connections.page({
      text: filter,
      sort: connectionSort,
      descending: reversed,
      offset,
      limit,
      maxAge: this.#options.interval / 2,
    });
    if (offset > 0 && offset >= this.#page.matched) {
      this.#view = { ...this.#view, offset: Math.max(0, this.#page.matched - limit) };
    }
  }

  #press(key: Key): void {
    const next = afterKey(this.#view, key, rowsOf(this.#options.output.rows));
    if (next === undefined) {
      this.#end();
      return;
    }
    const wasTyping = this.#view.typed !== undefined;
    this.#view = next;
    this.#draw();
    // Other rows have to be asked for.
    if (next.shows === "connections" && next.typed === undefined) this.#wake();
    if (wasTyping && next.typed === undefined) this.#wake();
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  #draw(): void {
    if (this.#state === undefined || this.#ended) return;
    const { output, whose, paint } = this.#options;
    const shown = { state: this.#state, connections: this.#page, whose, time: timeOfDay() };
    const size = { width: output.columns, height: output.rows };
    const lines = screenLines(shown, this.#view, paint, size);
    output.write(cursorTo(0, 0) + lines.join(`${eraseEndLine}\r\n`) + eraseEndLine + eraseDown);
  }
}
