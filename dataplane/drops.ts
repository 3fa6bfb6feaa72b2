/**
 * Counts packets a device could not send, by reason.
 *
 * @module
 */

/** Packets by reason: the name of an error number, or a word for what the device itself refuses. */
export class Drops {
  readonly #counts: Record<string, number> = {};

  /** The counts; the object changes with them. */
  get counts(): Readonly<Record<string, number>> {
    return this.#counts;
  }

  /** Counts one packet. */
  add(reason: string): void {
    this.#counts[reason] = (this.#counts[reason] ?? 0) + 1;
  }
}
