/**
 * Where frames are in memory, asked once for each.
 *
 * @module
 */
import type { Frame } from "../../src/wire/frame.ts";
import type { Libc, Pointer } from "./libc.ts";

/** Notes the addresses of frames in them. */
export class FramePointers {
  readonly #libc: Libc;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Returns the address of the first byte of the frame's buffer; valid while the frame is referenced. */
  of(frame: Frame): Pointer {
    // The memory of a buffer that is no small one stays where it is.
    if (frame.address === 0) frame.address = this.#libc.addressOf(frame.bytes);
    return frame.address;
  }
}
