/**
 * The way to a director's control socket: a Unix stream socket that carries netlink messages.
 *
 * A stream keeps no bounds; each message says how long it is and begins at a multiple of four bytes
 * behind the one before. Requests may overlap: the peer answers them in order.
 *
 * @module
 */
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { align, HEADER_LENGTH, isFramed, isLast, messageAt } from "../wire/netlink.ts";
import { ReplyQueue } from "./reply-queue.ts";
import type { Transport } from "./transport.ts";

/** Somebody who waits for the rest of an answer. */
interface Waiting {
  /** Takes a reply; called no more after the last. */
  deliver(reply: Uint8Array, last: boolean): void;
  reject(error: Error): void;
}

/** A transport over a connected socket. */
export class SocketTransport implements Transport {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  /** Chunks that arrived and make no whole message yet, and how many bytes they are. */
  #chunks: Uint8Array[] = [];
  #arrived = 0;
  /** Padding that is still to come, 0–3 bytes. */
  #padding = 0;
  /** Bytes that must have arrived before there is anything to look at. */
  #needed = HEADER_LENGTH;
  #fault: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () =>
      this.#fail(failure("ECONNRESET", "The director closed the connection")),
    );
  }

  /**
   * Connects to the control socket at `path`.
   *
   * @throws the system's error, with `code` and `syscall`: ENOENT where nothing is, ECONNREFUSED where
   *   nobody listens, EACCES where it is not permitted
   */
  static async connect(path: string): Promise<SocketTransport> {
    const socket = createConnection(path);
    await once(socket, "connect");
    return new SocketTransport(socket);
  }

  exchange(request: Uint8Array): Promise<readonly Uint8Array[]> {
    return new Promise((resolve, reject) => {
      const replies: Uint8Array[] = [];
      const deliver = (reply: Uint8Array, last: boolean): void => {
        replies.push(reply);
        if (last) resolve(replies);
      };
      this.#send(request, { deliver, reject });
    });
  }

  stream(request: Uint8Array): AsyncIterable<Uint8Array> {
    const queue = new ReplyQueue(this.#socket);
    this.#send(request, queue);
    return queue.replies();
  }

  #send(request: Uint8Array, waiting: Waiting): void {
    if (this.#fault !== undefined) {
      waiting.reject(this.#fault);
      return;
    }
    this.#waiting.push(waiting);
    // Requests made in one go leave in one.
    if (!this.#socket.writableCorked) {
      this.#socket.cork();
      process.nextTick(() => this.#socket.uncork());
    }
    this.#socket.write(padded(request));
  }

  close(): Promise<void> {
    this.#fail(failure("ERR_SOCKET_CLOSED", "The connection to the director is closed"));
    if (this.#socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once("close", () => resolve());
      this.#socket.destroy();
    });
  }

  #take(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#arrived += chunk.length;
    if (this.#arrived < this.#needed) return;
    const bytes = Buffer.concat(this.#chunks, this.#arrived);
    // A message counts as soon as it is whole; the padding behind it is skipped when it comes.
    let at = this.#padding;
    for (let message = messageAt(bytes, at); message; message = messageAt(bytes, at)) {
      this.#deliver(message.bytes, isLast(message));
      at += align(message.bytes.length);
    }
    if (!isFramed(bytes, at)) {
      this.#socket.destroy(failure("EPROTO", "The director's answer is no netlink message"));
      return;
    }
    const rest = bytes.subarray(at);
    this.#padding = Math.max(0, at - bytes.length);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#arrived = rest.length;
    const length = rest.length < 4 ? 0 : rest.readUInt32LE(0);
    this.#needed = this.#padding + Math.max(HEADER_LENGTH, length);
  }

  #deliver(message: Uint8Array, last: boolean): void {
    // What nobody asked for is passed over.
    const waiting = this.#waiting[0];
    if (waiting === undefined) return;
    if (last) this.#waiting.shift();
    waiting.deliver(message, last);
  }

  #fail(error: Error): void {
    this.#fault ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#fault);
  }
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code, syscall: "read" });
}

/** Returns a message with the padding that goes before the next. */
function padded(message: Uint8Array): Uint8Array {
  if (message.length === align(message.length)) return message;
  const whole = new Uint8Array(align(message.length));
  whole.set(message);
  return whole;
}
