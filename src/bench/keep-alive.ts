/**
 * Says when clients that stay have to be heard again, so that the director does not forget them.
 *
 * A TCP connection of which only the first packet was seen is forgotten after 60 s, an established one after
 * 15 min, a UDP flow after 5 min.
 *
 * @module
 */

/** Seconds from the first packet to the next one, and from that on. */
const SOON = 50;
const LATER = 240;

/** Connections by number, which come in the order of their beginning. */
export class KeepAlive {
  #jobs: number[] = [];
  #times: number[] = [];
  #head = 0;
  #fresh = 0;
  readonly #begun: Readonly<Float64Array>;
  #count = 0;

  /** @param begun when each connection began, filled as they come */
  constructor(begun: Readonly<Float64Array>) {
    this.#begun = begun;
  }

  /** Tells that one more connection has begun. */
  added(): void {
    this.#count++;
  }

  /** When the next has to be heard; Infinity for never. */
  get deadline(): number {
    return Math.min(this.#soonest(), this.#latest());
  }

  /** Takes the connection whose time has come; `again` puts it back if it is still open. */
  take(): number {
    if (this.#soonest() <= this.#latest()) return this.#fresh++;
    const job = this.#jobs[this.#head]!;
    this.#head++;
    if (this.#head > 65536) {
      this.#jobs = this.#jobs.slice(this.#head);
      this.#times = this.#times.slice(this.#head);
      this.#head = 0;
    }
    return job;
  }

  again(job: number, now: number): void {
    this.#jobs.push(job);
    this.#times.push(now + LATER);
  }

  #soonest(): number {
    return this.#fresh < this.#count ? this.#begun[this.#fresh]! + SOON : Number.POSITIVE_INFINITY;
  }

  #latest(): number {
    return this.#head < this.#times.length ? this.#times[this.#head]! : Number.POSITIVE_INFINITY;
  }
}
