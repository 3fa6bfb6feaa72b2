/**
 * A way to a director that may come and go: connected when it is asked, and anew after it was lost.
 *
 * @module
 */
import { SocketTransport } from "./socket-transport.ts";
import type { Transport } from "./transport.ts";

/** A transport to the director of a control socket, whichever serves it at the time. */
export class RenewingTransport implements Transport {
  readonly #path: string;
  #current: Promise<SocketTransport> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Connects, so that it is known whether anybody answers. @throws the system's error */
  async connect(): Promise<void> {
    const current = this.#connect();
    try {
      await current;
    } catch (error) {
      this.#lose(current);
      throw error;
    }
  }

  async exchange(request: Uint8Array): Promise<readonly Uint8Array[]> {
    const current = this.#connect();
    try {
      return await (await current).exchange(request);
    } catch (error) {
      this.#lose(current);
      throw error;
    }
  }

  async *stream(request: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    const current = this.#connect();
    try {
      yield* (await current).stream(request);
    } catch (error) {
      this.#lose(current);
      throw error;
    }
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.then(
      (transport) => transport.close(),
      () => undefined,
    );
  }

  #connect(): Promise<SocketTransport> {
    this.#current ??= SocketTransport.connect(this.#path);
    return this.#current;
  }

  /** What the connection was used for has failed: the next use makes another. */
  #lose(current: Promise<SocketTransport>): void {
    if (this.#current !== current) return;
    this.#current = undefined;
    current.then((transport) => transport.close()).catch(() => undefined);
  }
}
