/**
 * A kernel run for the purpose, with a program of ours in it and a channel to that program.
 *
 * It runs as processes of this host, all in one process group. However this process ends, the guest ends
 * too: it is killed, or notices that nobody is at the other end of its channel.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Milliseconds } from "../base/clock.ts";
import { LineChannel } from "./line-channel.ts";
import { CHANNEL_FD, type Launch, type Machine, MESSAGES } from "./machine.ts";

/** Lines of the guest's messages that an error quotes. */
const QUOTED_LINES = 8;

/** A running guest. */
export class Guest {
  /** The channel to the program in the guest; once the guest is gone, it tells why as far as is known. */
  readonly channel: LineChannel;
  readonly #folder: string;
  readonly #kernel: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #impatience: NodeJS.Timeout;
  readonly #endAtExit = (): void => {
    this.#kill();
    rmSync(this.#folder, { recursive: true, force: true });
  };
  /** Why the guest was ended, where it did not end by itself. */
  #reason: string | undefined;
  #closed = false;
  /** Whether the number of the process group may be another's by now. */
  #killed = false;

  private constructor(folder: string, kernel: ChildProcess, bootTimeout: Milliseconds) {
    this.#folder = folder;
    this.#kernel = kernel;
    this.#ended = once(kernel, "close");
    // The kernel itself is gone, but what it started may not be, and holds on to the channel.
    kernel.once("exit", () => this.#kill());
    const socket = kernel.stdio[CHANNEL_FD] as Duplex;
    this.channel = new LineChannel({
      input: this.#said(socket),
      write: (text) => void socket.write(text, "latin1"),
      folder,
      side: "host",
    });
    this.#impatience = setTimeout(() => {
      this.#reason = `it was not ready within ${bootTimeout / 1000} s`;
      this.#kill();
    }, bootTimeout);
    process.once("exit", this.#endAtExit);
  }

  /**
   * Starts a machine and the program in it. The first message of its channel shows when it is ready.
   *
   * @param bootTimeout time it has to say it; what the machine may take
   * @throws Error when it cannot be started
   */
  static async boot(machine: Machine, bootTimeout = machine.bootTimeout): Promise<Guest> {
    const folder = mkdtempSync(join(tmpdir(), "uipvs-guest-"));
    try {
      const kernel = start(machine.launch(folder), folder);
      await once(kernel, "spawn");
      return new Guest(folder, kernel, bootTimeout);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Ends the guest, waits until its processes are gone, and removes its files. */
  async close(): Promise<void> {
    this.#reason ??= "it was closed";
    this.#kill();
    await this.#ended;
    if (this.#closed) return;
    this.#closed = true;
    process.off("exit", this.#endAtExit);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Yields what comes from the guest; its end is an error. */
  async *#said(socket: Duplex): AsyncGenerator<string, void, undefined> {
    socket.setEncoding("latin1");
    let fault: unknown;
    try {
      for await (const piece of socket) {
        clearTimeout(this.#impatience);
        yield piece as string;
      }
    } catch (error) {
      fault = error;
    }
    clearTimeout(this.#impatience);
    const reason = this.#reason ?? `it ended by itself; its last words: ${this.#lastWords()}`;
    throw new Error(`The guest is gone: ${reason}`, { cause: fault });
  }

  #lastWords(): string {
    const text = readFileSync(join(this.#folder, MESSAGES), "latin1").trimEnd();
    return text.split("\n").slice(-QUOTED_LINES).join("\n");
  }

  /** Kills all processes of the guest, once its kernel is gone for the last time. */
  #kill(): void {
    clearTimeout(this.#impatience);
    const { pid, exitCode, signalCode } = this.#kernel;
    if (pid === undefined || this.#killed) return;
    this.#killed = exitCode !== null || signalCode !== null;
    try {
      process.kill(-pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function start({ program, words, env }: Launch, folder: string): ChildProcess {
  const messages = openSync(join(folder, MESSAGES), "a");
  try {
    return spawn(program, words, {
      stdio: ["ignore", messages, messages, "pipe"],
      env,
      cwd: folder,
      // A process group of its own, to end all of it.
      detached: true,
    });
  } finally {
    closeSync(messages);
  }
}
