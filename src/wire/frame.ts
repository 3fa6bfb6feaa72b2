/**
 * One packet in memory: a window on a buffer with room before and behind it.
 *
 * The IP packet occupies bytes `[start, end)`. Headers are added by moving `start` back into the
 * headroom, so encapsulation copies nothing.
 *
 * @module
 */

/** Bytes free before a packet that was just received, enough for any link and tunnel header. */
export const HEADROOM = 128;

/** Bytes of the largest IP packet. */
export const MAX_PACKET = 65535;

/** One packet, in a buffer that is used again and again. */
export class Frame {
  /** The whole buffer. */
  readonly bytes: Uint8Array;
  /** The same memory, for reading and writing in network order. */
  readonly view: DataView;
  /** First byte of the IP packet. */
  start: number;
  /** One past the last byte of the IP packet. */
  end: number;
  /** Firewall mark, 0 for none. */
  mark = 0;
  /** When the packet was received, in ms of the device's clock. */
  time = 0;
  /**
   * Length of the largest fragment the packet arrived in, in bytes; 0 if it arrived whole. It leaves in
   * fragments no larger.
   */
  fragmentSize = 0;
  /** Whether the fragments it arrived in forbade routers to cut them, and so must those it leaves in. */
  fragmentsDontFragment = false;

  /** @param capacity room for packet and headroom, in bytes */
  constructor(capacity: number = HEADROOM + MAX_PACKET) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
    this.start = HEADROOM;
    this.end = HEADROOM;
  }

  /** Length of the packet, in bytes. */
  get length(): number {
    return this.end - this.start;
  }

  /** Makes the frame an empty window behind the headroom again. */
  reset(): void {
    this.start = HEADROOM;
    this.end = HEADROOM;
    this.mark = 0;
    this.time = 0;
    this.fragmentSize = 0;
    this.fragmentsDontFragment = false;
  }

  /**
   * Fills the frame with a copy of `packet`, behind the headroom.
   *
   * @throws RangeError when the packet does not fit
   */
  load(packet: Uint8Array): void {
    if (packet.length > this.bytes.length - HEADROOM) {
      throw new RangeError(
        `Cannot load a packet of ${packet.length} bytes: the frame holds ${this.bytes.length - HEADROOM}`,
      );
    }
    this.reset();
    this.bytes.set(packet, HEADROOM);
    this.end = HEADROOM + packet.length;
  }

  /** Returns the packet's bytes: a view that changes with the frame. */
  packet(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }
}
