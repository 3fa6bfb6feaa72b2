/**
 * The way to an engine of this process: what would go through the control socket goes without it.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import type { Transport } from "../control/transport.ts";
import { isLast, messagesIn } from "../wire/netlink.ts";
import type { Engine } from "./engine.ts";

/** A transport that asks an engine, and takes long answers piece by piece. */
export class EngineTransport implements Transport {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async exchange(request: Uint8Array): Promise<readonly Uint8Array[]> {
    const messages: Uint8Array[] = [];
    for await (const message of this.stream(request)) messages.push(message);
    return messages;
  }

  async *stream(request: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    let whole = false;
    for await (const piece of this.#engine.answer(request)) {
      for (const message of messagesIn(piece)) {
        whole = isLast(message);
        yield message.bytes;
      }
    }
    if (!whole) throw new IpvsError("EIO", "The answer to a request is incomplete");
  }

  async close(): Promise<void> {}
}
