/**
 * Whole netlink messages out of a byte stream.
 *
 * A netlink socket keeps the bounds of what was sent; a stream socket does not, so the control socket
 * relies on what every message says of itself: its length, in the first four bytes. Messages begin at
 * multiples of four bytes (linux/netlink.h `NLMSG_ALIGN`); the padding behind one is skipped when it arrives, so the last message of a stream may go without.
 *
 * @module
 */
import { align, HEADER_LENGTH, viewOf } from "../wire/netlink.ts";

/** Longest message taken, in bytes; commands of the IPVS family stay below a hundredth of it. */
export const MAX_MESSAGE = 65536;

/** A length field that leaves no way to tell where the next message begins. */
export class FramingError extends Error {
  override readonly name = "FramingError";
  /** What had arrived of the message: at least its header. */
  readonly header: Uint8Array;

  constructor(header: Uint8Array, length: number) {
    super(
      `Cannot frame a netlink message of length ${length}: must be ${HEADER_LENGTH}–${MAX_MESSAGE}`,
    );
    this.header = header;
  }
}

/** Gathers chunks and gives back messages. Holds at most one incomplete message and one chunk. */
export class MessageSplitter {
  #pending: Uint8Array = new Uint8Array(0);
  /** Padding still to be skipped, 0–3 bytes. */
  #padding = 0;

  /** Takes the next bytes of the stream; the chunk belongs to the splitter from then on. */
  push(chunk: Uint8Array): void {
    if (this.#pending.length === 0) {
      // Not the Buffer it may be: slice() of one copies nothing.
      this.#pending = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
      return;
    }
    const joined = new Uint8Array(this.#pending.length + chunk.length);
    joined.set(this.#pending);
    joined.set(chunk, this.#pending.length);
    this.#pending = joined;
  }

  /**
   * Returns the next whole message, a copy without its padding, or `undefined` until more arrives.
   *
   * @throws FramingError when the length field cannot be right; the stream is of no use from then on
   */
  next(): Uint8Array | undefined {
    const skipped = Math.min(this.#padding, this.#pending.length);
    this.#padding -= skipped;
    const rest = this.#pending.subarray(skipped);
    this.#pending = rest;
    if (rest.length < HEADER_LENGTH) return undefined;
    const length = viewOf(rest).getUint32(0, true);
    if (length < HEADER_LENGTH || length > MAX_MESSAGE) {
      throw new FramingError(rest.slice(0, HEADER_LENGTH), length);
    }
    if (rest.length < length) return undefined;
    this.#pending = rest.subarray(length);
    this.#padding = align(length) - length;
    return rest.slice(0, length);
  }
}
