/**
 * The hash connections are found by: of protocol, client and client port, which a request carries as its
 * source and a reply as its destination.
 *
 * @module
 */
import { hashBytes } from "../base/hash-bytes.ts";

/** The hash of one table. */
export class ConnectionHash {
  readonly #seed: number;

  /** @param seed makes the hash unpredictable to clients */
  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /**
   * Returns 32 bits, mixed as MurmurHash3's finaliser does.
   *
   * @param client the words of the address, combined by XOR
   */
  of(protocol: number, client: number, port: number): number {
    let hash = client ^ this.#seed;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash ^= (port << 8) ^ protocol;
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }

  /** Returns the hash of bytes `[start, end)`. */
  ofBytes(bytes: Uint8Array, start = 0, end = bytes.length): number {
    return hashBytes(bytes, start, end, this.#seed);
  }
}
