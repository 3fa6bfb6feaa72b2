/**
 * Waits for packets: blocks the calling thread until one of several descriptors can be read.
 *
 * A thread that blocks cannot be told anything, so every waiter also waits for an event descriptor
 * that any thread of the process may ring with `wake`; its number can be handed to another thread.
 *
 * Source: poll(2), eventfd(2).
 *
 * @module
 */
import type { Milliseconds } from "../../src/base/clock.ts";
import { viewOf } from "../../src/wire/netlink.ts";
import { EFD_CLOEXEC, EFD_NONBLOCK, EINTR, type Libc, openLibc, POLLIN } from "./libc.ts";
import { systemError } from "./system-error.ts";

/** Length of struct pollfd: descriptor (4), events (2), what happened (2). */
const POLLFD = 8;

/** Waits for descriptors. */
export class Waiter {
  /** Number to call `wake` with. */
  readonly wakeFd: number;
  readonly #libc: Libc;
  readonly #counter = new Uint8Array(8);
  #polled: Uint8Array;
  #view: DataView;
  #open = true;

  /**
   * @param fds descriptors to wait for; they remain the caller's
   * @throws SystemError when the process has no descriptor left; Error without koffi
   */
  constructor(fds: readonly number[]) {
    const action = "Cannot wait for packets";
    this.#libc = openLibc(action);
    this.wakeFd = this.#libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (this.wakeFd < 0) throw systemError("eventfd", this.#libc.errno(), action);
    this.#polled = new Uint8Array(0);
    this.#view = viewOf(this.#polled);
    this.watch(fds);
  }

  /** Replaces the descriptors to wait for. */
  watch(fds: readonly number[]): void {
    this.#polled = new Uint8Array(POLLFD * (fds.length + 1));
    this.#view = viewOf(this.#polled);
    for (const [index, fd] of [this.wakeFd, ...fds].entries()) {
      this.#view.setInt32(index * POLLFD, fd, true);
      this.#view.setInt16(index * POLLFD + 4, POLLIN, true);
    }
  }

  /**
   * Blocks until a descriptor can be read, `wake` was called, or `timeout` has passed.
   *
   * @param timeout rounded up to whole ms; negative for ever, 0 to look only
   * @returns whether anything happened before the timeout
   * @throws SystemError when a descriptor is not one
   */
  wait(timeout: Milliseconds): boolean {
    const libc = this.#libc;
    const count = this.#polled.length / POLLFD;
    const ready = libc.poll(this.#polled, count, Math.ceil(timeout));
    if (ready < 0) {
      const errno = libc.errno();
      if (errno === EINTR) return true;
      throw systemError("poll", errno, "Cannot wait for packets");
    }
    // Reading takes the event back, however often it was rung.
    if (this.#happened(0)) libc.read(this.wakeFd, this.#counter, 8);
    return ready > 0;
  }

  /** Lets other threads have the processor, if any waits for it, and returns. Source: sched_yield(2). */
  giveWay(): void {
    this.#libc.schedYield();
  }

  /** Whether the descriptor at `index` of those watched could be read when `wait` returned. */
  ready(index: number): boolean {
    return this.#happened(index + 1);
  }

  /** Gives the event descriptor back. Calling it again does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.close(this.wakeFd);
  }

  #happened(entry: number): boolean {
    return this.#view.getInt16(entry * POLLFD + 6, true) !== 0;
  }
}

/** Wakes the thread that waits with the waiter of this `wakeFd`, now or when it next waits. */
export function wake(wakeFd: number): void {
  const libc = openLibc("Cannot wake the packet thread");
  const one = new Uint8Array(8);
  viewOf(one).setBigUint64(0, 1n, true);
  libc.write(wakeFd, one, one.length);
}
