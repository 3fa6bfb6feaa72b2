/**
 * A fixed set of frames, lent and given back, so that the packet path allocates nothing.
 *
 * @module
 */
import { Frame } from "../src/wire/frame.ts";

/** Frames to lend. An empty pool is no error: who asked goes without, and it is counted. */
export class FramePool {
  readonly #free: Frame[] = [];
  /** How often a frame was asked for and none was left. */
  exhausted = 0;
  /** Frames of the pool, lent or not. */
  readonly size: number;

  /**
   * @param size frames in the pool
   * @param capacity bytes of each frame, headroom included; enough for any packet by default
   */
  constructor(size: number, capacity?: number) {
    this.size = size;
    for (let count = 0; count < size; count++) this.#free.push(new Frame(capacity));
  }

  /** Frames that are not lent. */
  get available(): number {
    return this.#free.length;
  }

  /** Lends an empty frame; `undefined`, counted, when all are lent. */
  take(): Frame | undefined {
    const frame = this.#free.pop();
    if (frame === undefined) this.exhausted++;
    else frame.reset();
    return frame;
  }

  /**
   * Takes a frame of this pool back.
   *
   * @throws RangeError when no frame is lent
   */
  give(frame: Frame): void {
    if (this.#free.length === this.size) {
      throw new RangeError(`Cannot take a frame back: all ${this.size} are here`);
    }
    this.#free.push(frame);
  }
}
