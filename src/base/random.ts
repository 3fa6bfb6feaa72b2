/**
 * Chance as an argument: who needs it is handed a `Random`.
 *
 * @module
 */

/** A source of uniformly distributed integers. */
export interface Random {
  /** Returns an integer in 0–4294967295. */
  uint32(): number;
  /** Returns an integer in 0–`bound - 1`; `bound` is 1–4294967296. */
  below(bound: number): number;
}

/**
 * A small fast generator whose whole output follows from its seed (Chris Doty-Humphrey's sfc32).
 *
 * Not for secrets.
 */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed any number; its low 32 bits count */
  constructor(seed: number) {
    this.#a = seed >>> 0;
    this.#b = 0x9e3779b9;
    this.#c = 0x243f6a88;
    for (let round = 0; round < 12; round++) this.uint32();
  }

  uint32(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  below(bound: number): number {
    // Rejection keeps every value equally likely whatever the bound.
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    for (;;) {
      const drawn = this.uint32();
      if (drawn < limit) return drawn % bound;
    }
  }
}
