/**
 * Answers that are given piece by piece, by the number of who asked.
 *
 * The next piece is made when it is asked for, but for one in advance, so that the last is known to be
 * the last when it is handed over: an answer of one piece takes one message.
 *
 * @module
 */

/** A piece of an answer. */
export interface Piece {
  /** Absent where no answer is due. */
  readonly reply?: Uint8Array | undefined;
  /** Whether there is more, to be asked for or abandoned. */
  readonly more: boolean;
}

/** An answer that goes on. */
interface Begun {
  readonly pieces: Iterator<Uint8Array, void, undefined>;
  readonly next: Uint8Array;
}

const NOTHING_MORE: Piece = { more: false };

/** Answers under way. */
export class PiecewiseAnswers {
  readonly #begun = new Map<number, Begun>();

  /** Answers under way. */
  get size(): number {
    return this.#begun.size;
  }

  /** Begins an answer and returns its first piece. */
  begin(id: number, answer: Iterable<Uint8Array>): Piece {
    const pieces = answer[Symbol.iterator]() as Begun["pieces"];
    const first = pieces.next();
    return first.done ? NOTHING_MORE : this.#hand(id, first.value, pieces);
  }

  /** Returns the next piece of an answer that goes on. */
  next(id: number): Piece {
    const begun = this.#begun.get(id);
    this.#begun.delete(id);
    return begun === undefined ? NOTHING_MORE : this.#hand(id, begun.next, begun.pieces);
  }

  /** Gives an answer up; one that has ended is none. */
  abandon(id: number): void {
    const begun = this.#begun.get(id);
    this.#begun.delete(id);
    begun?.pieces.return?.();
  }

  #hand(id: number, reply: Uint8Array, pieces: Begun["pieces"]): Piece {
    const next = pieces.next();
    if (next.done) return { reply, more: false };
    this.#begun.set(id, { pieces, next: next.value });
    return { reply, more: true };
  }
}
