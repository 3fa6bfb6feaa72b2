/**
 * The shortest way: to a netlink server in the same process.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import { isLast, messagesIn } from "../wire/netlink.ts";
import type { Transport } from "./transport.ts";

/** Whoever turns a request into replies, at once or later. */
export interface Answering {
  /** Returns all replies, one behind the other. */
  answer(request: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A transport that calls the peer. */
export class DirectTransport implements Transport {
  readonly #peer: Answering;

  constructor(peer: Answering) {
    this.#peer = peer;
  }

  async exchange(request: Uint8Array): Promise<readonly Uint8Array[]> {
    const messages = [...messagesIn(await this.#peer.answer(request))];
    const last = messages.at(-1);
    if (last === undefined || !isLast(last)) {
      throw new IpvsError("EIO", "The answer to a request is incomplete");
    }
    return messages.map((message) => message.bytes);
  }

  async *stream(request: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    yield* await this.exchange(request);
  }

  async close(): Promise<void> {}
}
