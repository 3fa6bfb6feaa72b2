/**
 * Where frames are in memory, asked once for each.
 *
 * @module
 */
import type { Frame } from "../../src/wire/frame.ts";
import type { Libc, Pointer } from "./libc.ts";

/** Remembers the addresses of frames, and holds none of them. */
export class FramePointers {
  readonly #libc: Libc;
  readonly #known = new WeakMap<Frame, Pointer>();

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Returns the address of the first byte of the frame's buffer; valid while the frame is referenced. */
  of(frame: Frame): Pointer {
    let pointer = this.#known.get(frame);
    if (pointer === undefined) {
      pointer = this.#libc.addressOf(frame.bytes);
      this.#known.set(frame, pointer);
    }
    return pointer;
  }
}
