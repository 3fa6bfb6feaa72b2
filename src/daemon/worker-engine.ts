/**
 * An engine on a thread of its own, asked from this one.
 *
 * @module
 */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { cleanUp } from "../../dataplane/interception.ts";
import { wake } from "../../dataplane/sys/poll.ts";
import type { Engine, EngineObserver, EngineOptions } from "./engine.ts";
import { settingsPath } from "./recovery.ts";
import type { WorkerData, WorkerReply, WorkerRequest } from "./worker-messages.ts";

/** What came in answer: a piece, and whether there is more of it. */
interface Answer {
  readonly reply?: Uint8Array | undefined;
  readonly more: boolean;
}

/** A request that was made and not yet answered. */
interface Waiting {
  resolve(reply: Answer): void;
  reject(error: Error): void;
}

/** A request without its number. */
type Request = WorkerRequest extends infer Kind
  ? Kind extends WorkerRequest
    ? Omit<Kind, "id">
    : never
  : never;

/** How long the thread may take to end, in ms, before it is made to. */
const PATIENCE = 10_000;

/** What the thread says first when all is well. */
type Ready = Extract<WorkerReply, { readonly kind: "ready" }>;

/** An `Engine` whose packets have their own thread. */
export class WorkerEngine implements Engine {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #exited: Promise<unknown>;
  readonly #observer: EngineObserver;
  readonly #socket: string;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ready: Ready | undefined;
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;
  /** Called once, when the thread is ready or has failed before it was. */
  #begun: (() => void) | undefined;

  private constructor(options: EngineOptions, observer: EngineObserver) {
    const { port1, port2 } = new MessageChannel();
    const data: WorkerData = { options, port: port2 };
    // As source or compiled, the worker's file is of the same kind as this one.
    const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    this.#worker = new Worker(new URL(file, import.meta.url), {
      workerData: data,
      transferList: [port2],
    });
    this.#port = port1;
    this.#observer = observer;
    this.#socket = options.socket;
    this.#exited = new Promise((resolve) => this.#worker.once("exit", resolve));
    port1.on("message", (reply: WorkerReply) => this.#hear(reply));
    this.#worker.on("error", (error) => this.#fail(error));
    // What the thread said last may still be on its way.
    this.#worker.on("exit", () =>
      setImmediate(() => this.#fail(new Error("Its thread has ended"))),
    );
  }

  /**
   * Starts the thread and opens its device.
   *
   * @throws Error when the device cannot be had
   */
  static async open(options: EngineOptions, observer: EngineObserver): Promise<WorkerEngine> {
    const engine = new WorkerEngine(options, observer);
    await new Promise<void>((resolve) => {
      engine.#begun = resolve;
    });
    if (engine.#failure !== undefined) {
      await engine.close();
      throw engine.#failure;
    }
    return engine;
  }

  get deviceName(): string {
    return this.#ready?.deviceName ?? "";
  }

  async *answer(message: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    const id = ++this.#lastId;
    let answer = await this.#ask({ kind: "answer", message }, id);
    try {
      for (; answer.more; answer = await this.#ask({ kind: "more" }, id)) {
        if (answer.reply !== undefined) yield answer.reply;
      }
      if (answer.reply !== undefined) yield answer.reply;
    } finally {
      // Whoever asked has gone.
      if (answer.more && this.#failure === undefined) this.#send({ kind: "abandon", id });
    }
  }

  async start(): Promise<void> {
    await this.#ask({ kind: "start" });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const released = await this.#release();
    await this.#exited;
    this.#port.close();
    // Its interfaces have ended with the thread or will with the process; rules would stay.
    if (!released && this.#ready !== undefined) cleanUp({ statePath: settingsPath(this.#socket) });
  }

  /** Has the thread release everything; returns whether it did. */
  async #release(): Promise<boolean> {
    if (this.#failure !== undefined) return false;
    const impatience = setTimeout(() => void this.#worker.terminate(), PATIENCE);
    try {
      await this.#ask({ kind: "close" });
      return true;
    } catch (error) {
      if (this.#failure === undefined) throw error;
      return false;
    } finally {
      clearTimeout(impatience);
    }
  }

  #ask(request: Request, id = ++this.#lastId): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      this.#send({ ...request, id });
    });
  }

  #send(request: WorkerRequest): void {
    this.#port.postMessage(request);
    if (this.#ready !== undefined) wake(this.#ready.wakeFd);
  }

  #hear(reply: WorkerReply): void {
    switch (reply.kind) {
      case "ready":
        this.#ready = reply;
        this.#begun?.();
        break;
      case "piece":
        this.#take(reply.id)?.resolve({ reply: reply.reply, more: true });
        break;
      case "done":
        this.#take(reply.id)?.resolve({ reply: reply.reply, more: false });
        break;
      case "refused":
        this.#take(reply.id)?.reject(new Error(reply.sentence));
        break;
      case "log":
        this.#observer.log(reply.line);
        break;
      case "stop-requested":
        this.#observer.stopRequested();
        break;
      case "failed":
        this.#fail(new Error(reply.sentence));
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#begun?.();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    if (this.#ready !== undefined && this.#closed === undefined) this.#observer.failed(error);
  }
}
