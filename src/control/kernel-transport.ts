/**
 * The way to the kernel: netlink messages on a socket of the operating system.
 *
 * @module
 */
import type { Transport } from "./transport.ts";

/** A socket that asks the kernel. */
export interface KernelSocket {
  /** Sends a request and returns all replies, as `Transport.exchange` does but at once. */
  exchange(request: Uint8Array): readonly Uint8Array[];
  close(): void;
}

/** A transport that calls the kernel, which answers before the call returns. */
export class KernelTransport implements Transport {
  readonly #socket: KernelSocket;

  /** @param socket closed with the transport */
  constructor(socket: KernelSocket) {
    this.#socket = socket;
  }

  async exchange(request: Uint8Array): Promise<readonly Uint8Array[]> {
    return this.#socket.exchange(request);
  }

  async *stream(request: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.#socket.exchange(request);
  }

  async close(): Promise<void> {
    this.#socket.close();
  }
}
