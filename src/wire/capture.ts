/**
 * What the capture file formats have in common: records, the error, and bytes read piece by piece.
 *
 * @module
 */

/** A record longer than this is a sign of a broken file. Source: libpcap `MAXIMUM_SNAPLEN`. */
export const MAX_RECORD = 262144;

/** One captured packet. */
export interface CaptureRecord {
  /** Place in the file, from 1. */
  readonly number: number;
  /** Position of the record's first byte in the file. */
  readonly offset: number;
  /** Link type of the frame, a `LINK_TYPE` value or one unknown here. */
  readonly linkType: number;
  /** Nanoseconds since 1970-01-01T00:00Z. */
  readonly time: bigint;
  /** What was kept of the frame: a view that is valid until the next record is read. */
  readonly data: Uint8Array;
  /** Length the frame had on the link, in bytes. */
  readonly originalLength: number;
  /** Whether the frame was cut when it was captured: `data` is shorter than `originalLength`. */
  readonly truncated: boolean;
}

/** A capture that cannot be read, and where. */
export class CaptureError extends Error {
  override readonly name = "CaptureError";
  /** Position of the bytes that are wrong, from the start of the file. */
  readonly offset: number;
  /** What is wrong there: "found …, expected …". */
  readonly reason: string;

  constructor(offset: number, found: string, expected: string) {
    const reason = `found ${found}, expected ${expected}`;
    super(`Cannot read the capture at offset ${offset}: ${reason}`);
    this.offset = offset;
    this.reason = reason;
  }
}

/** Bytes that can be read at any position, such as a file. */
export interface ByteSource {
  /** Fills `into` from byte `position` on and returns how many bytes there were, 0 at the end. */
  read(into: Uint8Array, position: number): number;
}

/** Returns the source of bytes in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    read(into, position) {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
  };
}

const FIRST_WINDOW = 65536;

/** A window that moves forward over a source, so that a file of any size needs little memory. */
export class CaptureWindow {
  readonly #source: ByteSource;
  /** Byte order of the numbers in the file. */
  littleEndian = false;
  #bytes = new Uint8Array(FIRST_WINDOW);
  #view = new DataView(this.#bytes.buffer);
  /** Position in the source of the window's first byte. */
  #from = 0;
  #filled = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Returns how many of `length` bytes from `position` on there are, and brings them in. */
  available(position: number, length: number): number {
    if (position < this.#from || position + length > this.#from + this.#filled) {
      this.#move(position, length);
    }
    return Math.min(length, this.#from + this.#filled - position);
  }

  /**
   * Brings `length` bytes from `position` on in.
   *
   * @param what names them in the error, such as "a record header of 16 bytes"
   * @throws CaptureError when the source ends before
   */
  require(position: number, length: number, what: string): void {
    const found = this.available(position, length);
    if (found < length) throw new CaptureError(position, endAfter(found), what);
  }

  /** Returns two bytes brought in before, as a number. */
  uint16(position: number): number {
    return this.#view.getUint16(position - this.#from, this.littleEndian);
  }

  /** Returns four bytes brought in before, as a number. */
  uint32(position: number): number {
    return this.#view.getUint32(position - this.#from, this.littleEndian);
  }

  /** Returns bytes brought in before: a view that is valid until others are. */
  bytes(position: number, length: number): Uint8Array {
    return this.#bytes.subarray(position - this.#from, position - this.#from + length);
  }

  #move(position: number, length: number): void {
    const kept = position >= this.#from ? Math.max(0, this.#from + this.#filled - position) : 0;
    const keptFrom = this.#filled - kept;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(length)));
      larger.set(this.#bytes.subarray(keptFrom, this.#filled));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    } else {
      this.#bytes.copyWithin(0, keptFrom, this.#filled);
    }
    this.#from = position;
    this.#filled = kept;
    while (this.#filled < this.#bytes.length) {
      const room = this.#bytes.subarray(this.#filled);
      const count = this.#source.read(room, this.#from + this.#filled);
      if (count === 0) return;
      this.#filled += count;
    }
  }
}

/** Returns a phrase for a source that ended too early. */
export function endAfter(found: number): string {
  return found === 0
    ? "the end of the file"
    : `the end of the file after ${found} ${found === 1 ? "byte" : "bytes"}`;
}
