/**
 * Replies that have come and were not taken yet, between a socket and who takes them.
 *
 * The socket is read no further while enough of them wait, so a list of any length needs little memory.
 *
 * @module
 */

/** Replies that wait when the socket is told to pause. */
const ENOUGH = 16;

/** What replies come from. */
export interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

/** The replies to one request. */
export class ReplyQueue {
  readonly #source: Pausable;
  #arrived: Uint8Array[] = [];
  #complete = false;
  #failure: Error | undefined;
  /** Whether nobody takes replies any more. */
  #abandoned = false;
  #wake: (() => void) | undefined;

  constructor(source: Pausable) {
    this.#source = source;
  }

  /** Takes a reply. */
  deliver(reply: Uint8Array, last: boolean): void {
    this.#complete = last;
    if (this.#abandoned) return;
    this.#arrived.push(reply);
    // What is behind the last is for others.
    if (!last && this.#arrived.length >= ENOUGH) this.#source.pause();
    this.#wake?.();
  }

  /** Takes note that no more will come. */
  reject(error: Error): void {
    this.#failure = error;
    this.#wake?.();
  }

  /**
   * Yields the replies up to the last, once; what comes after it was given up is passed over.
   *
   * @throws the error of `reject`, after the replies before it
   */
  async *replies(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const arrived = this.#arrived;
        this.#arrived = [];
        yield* arrived;
        if (this.#arrived.length > 0) continue;
        if (this.#complete) return;
        if (this.#failure !== undefined) throw this.#failure;
        this.#source.resume();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.#abandoned = true;
      this.#arrived = [];
      this.#source.resume();
    }
  }
}
