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

/** One packet, in a buffer that is used again and again. What is left to do for it travels with it. */
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
  /**
   * Payload bytes of each segment the packet is to be cut into before it reaches a link, the last one
   * excepted; 0 for a packet that is one. See offload.ts.
   */
  segmentSize = 0;
  /**
   * First byte of the transport header whose checksum is yet to be completed, and the first byte of that
   * checksum; both 0 where it is complete. See offload.ts.
   */
  partialFrom = 0;
  partialAt = 0;
  /** First byte of the packet inside a tunnel's headers; 0 where there is no tunnel of the director's. */
  innerStart = 0;
  /**
   * Whether it has come straight from a link, by a device whose other packets the host has forwarded into
   * it: nobody has lowered its TTL.
   */
  fromLink = false;
  /** Address of `bytes` for system calls, where a device keeps it; 0 otherwise. */
  address = 0;

  /** @param memory room for packet and headroom: bytes of its own, or memory that is somebody's */
  constructor(memory: number | Uint8Array = HEADROOM + MAX_PACKET) {
    this.bytes = typeof memory === "number" ? new Uint8Array(memory) : memory;
    const { buffer, byteOffset, length } = this.bytes;
    this.view = new DataView(buffer, byteOffset, length);
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
    this.segmentSize = 0;
    this.partialFrom = 0;
    this.partialAt = 0;
    this.innerStart = 0;
    this.fromLink = false;
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
