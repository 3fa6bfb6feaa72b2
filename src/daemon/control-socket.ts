/**
 * The control socket: a Unix stream socket that takes netlink messages and gives netlink messages.
 *
 * What is said on it is the kernel's own protocol (control/netlink-server.ts); this file only keeps
 * the door. It is open to the owner alone (mode 0600 from the first moment on). Each connection is
 * served a few messages at a time, those that came together, and read no further while a reply waits to
 * be taken. Of a long answer the
 * next piece is asked for when the one before was taken, so a client that never reads costs one piece
 * of memory and nobody else's time.
 *
 * @module
 */
import { lstatSync, mkdirSync, statSync, unlinkSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { align } from "../wire/netlink.ts";
import { FramingError, MessageSplitter } from "./message-splitter.ts";

/** Messages answered together; packets are moved between two such answers. */
const MESSAGES_AT_ONCE = 64;

/** Connections served at the same time; what comes beyond is turned away. */
const MAX_CONNECTIONS = 256;

/** Bytes a path in `struct sockaddr_un` may have, its final NUL excluded. Source: unix(7). */
const MAX_PATH = 107;

/** How long a connection to a socket may take, in ms, before its owner counts as stuck. */
const PROBE_TIMEOUT = 2000;

/** How long a client may take to take its last answer, in ms. */
const GRACE = 1000;

/** Who gives the answers. */
export interface Answerer {
  /**
   * Answers whole messages, one behind the other, in pieces of any number of messages. Where it rejects,
   * the connection is closed.
   */
  answer(messages: Uint8Array): AsyncIterable<Uint8Array>;
  /** Answers what cannot be framed; `header` is at least the header of it. */
  refuse(header: Uint8Array): Uint8Array;
}

/** A control socket somebody may connect to. */
export class ControlSocket {
  readonly path: string;
  readonly #server: Server;
  readonly #answerer: Answerer;
  readonly #connections = new Set<Socket>();
  /** Those that wait for an answer, or have one to take. */
  readonly #busy = new Set<Socket>();
  #closing = false;

  private constructor(path: string, answerer: Answerer) {
    this.path = path;
    this.#answerer = answerer;
    // Half-open, as a client may close its side and still wait for the answer.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => void this.#serve(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * Opens the socket at `path`, which `preparePath` has made ready.
   *
   * @throws the system's error, with `code` and `syscall`
   */
  static listen(path: string, answerer: Answerer): Promise<ControlSocket> {
    const control = new ControlSocket(path, answerer);
    return new Promise((resolve, reject) => {
      control.#server.once("error", reject);
      control.#server.once("listening", () => {
        control.#server.off("error", reject);
        resolve(control);
      });
      // Binding happens before listen() returns, so the mask covers it and nothing else.
      const mask = process.umask(0o177);
      try {
        control.#server.listen(path);
      } finally {
        process.umask(mask);
      }
    });
  }

  /** Connections open now. */
  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Closes the socket and removes the file. A message that is being answered still gets its answer,
   * if whoever asked takes it soon.
   */
  close(): Promise<void> {
    this.#closing = true;
    return new Promise((resolve) => {
      const cut = (): void => {
        for (const socket of this.#connections) socket.destroy();
      };
      const grace = setTimeout(cut, GRACE);
      this.#server.close(() => {
        clearTimeout(grace);
        resolve();
      });
      for (const socket of this.#connections) if (!this.#busy.has(socket)) socket.destroy();
    });
  }

  async #serve(socket: Socket): Promise<void> {
    this.#connections.add(socket);
    socket.once("close", () => this.#connections.delete(socket));
    // The loop below hears of errors too; without a listener one between two reads would be thrown.
    socket.on("error", () => socket.destroy());
    const splitter = new MessageSplitter();
    try {
      for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
        splitter.push(chunk as Uint8Array);
        await this.#answerAll(socket, splitter);
        if (this.#closing) break;
      }
      socket.end();
    } catch (error) {
      if (error instanceof FramingError) socket.end(this.#answerer.refuse(error.header));
      else socket.destroy();
    }
    // Nobody reads it any more: a client that goes on writing must not keep it open.
    socket.resume();
  }

  async #answerAll(socket: Socket, splitter: MessageSplitter): Promise<void> {
    this.#busy.add(socket);
    try {
      for (let some = take(splitter); some.messages.length > 0; some = take(splitter)) {
        const request = joined(some.messages);
        for await (const piece of this.#answerer.answer(request)) await send(socket, piece);
        if (some.fault !== undefined) throw some.fault;
        if (this.#closing) return;
      }
    } finally {
      this.#busy.delete(socket);
    }
  }
}

/** Takes whole messages that have come, and tells of what cannot be framed behind them. */
function take(splitter: MessageSplitter): {
  readonly messages: readonly Uint8Array[];
  readonly fault?: unknown;
} {
  const messages: Uint8Array[] = [];
  try {
    while (messages.length < MESSAGES_AT_ONCE) {
      const message = splitter.next();
      if (message === undefined) break;
      messages.push(message);
    }
  } catch (fault) {
    if (messages.length === 0) throw fault;
    return { messages, fault };
  }
  return { messages };
}

/** Returns messages one behind the other, each but the last with its padding. */
function joined(messages: readonly Uint8Array[]): Uint8Array {
  if (messages.length === 1) return messages[0]!;
  const length = messages.reduce((sum, message) => align(sum) + message.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const message of messages) {
    bytes.set(message, at);
    at += align(message.length);
  }
  return bytes;
}

/** Writes, and waits until there is room for more. */
async function send(socket: Socket, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0 || socket.write(bytes)) return;
  await new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      socket.off("drain", settle).off("close", settle);
      if (socket.destroyed) reject(new Error("connection closed"));
      else resolve();
    };
    socket.once("drain", settle).once("close", settle);
  });
}

/** What stands at a path: nobody, the file of a socket nobody listens on, or somebody who does. */
export type Occupancy = "free" | "stale" | "in use";

/**
 * Returns whether somebody listens at `path`.
 *
 * @throws Error when what is there is no socket, or may not be connected to
 */
export async function occupancy(path: string): Promise<Occupancy> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return "free";
  if (!stat.isSocket()) {
    throw new Error(`Cannot use "${path}" as the control socket: it exists and is not a socket`);
  }
  return new Promise((resolve, reject) => {
    const probe = createConnection(path);
    // A listener whose queue is full keeps a caller waiting, and is a listener all the same.
    const timer = setTimeout(() => settle(() => resolve("in use")), PROBE_TIMEOUT);
    const settle = (outcome: () => void): void => {
      clearTimeout(timer);
      probe.destroy();
      outcome();
    };
    probe.once("connect", () => settle(() => resolve("in use")));
    probe.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") settle(() => resolve("stale"));
      else if (error.code === "ENOENT") settle(() => resolve("free"));
      else if (error.code === "EAGAIN") settle(() => resolve("in use"));
      else settle(() => reject(error));
    });
  });
}

/**
 * Makes `path` ready to listen at: its folder exists, and no file of a dead director is in the way.
 *
 * @returns whether a stale file was removed
 * @throws RangeError when the path is longer than a socket's may be
 * @throws Error when somebody listens there, what is there is no socket, or the folder is not ours
 */
export async function preparePath(path: string): Promise<boolean> {
  const length = Buffer.byteLength(path);
  // The system would cut a longer one off, and listen somewhere else.
  if (length > MAX_PATH) {
    throw new RangeError(
      `Cannot use "${path}" as the control socket: ${length} bytes long, at most ${MAX_PATH} fit`,
    );
  }
  prepareFolder(path);
  const found = await occupancy(path);
  if (found === "in use") throw new Error(`Control socket "${path}" is in use`);
  if (found === "stale") unlinkSync(path);
  return found === "stale";
}

/**
 * Makes the folder of a control socket if it is missing.
 *
 * @throws Error when it is another user's: below /tmp anybody may have made it first, and could take
 *   the place of what is in it
 */
export function prepareFolder(path: string): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const owner = statSync(folder).uid;
  const user = process.geteuid?.() ?? 0;
  if (user === 0 || owner === user || owner === 0) return;
  throw new Error(
    `Cannot use the folder "${folder}" for the control socket: it belongs to user ${owner}`,
  );
}
