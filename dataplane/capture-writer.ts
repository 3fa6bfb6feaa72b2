/**
 * Writes a capture file, gathering small records into large writes.
 *
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { fileHeader, type Precision, recordHeader } from "../src/wire/pcap.ts";

const BUFFER = 65536;

/** A classic pcap file being written. Its bytes follow from what is written alone. */
export class CaptureWriter {
  readonly #precision: Precision;
  readonly #buffer = new Uint8Array(BUFFER);
  #used = 0;
  #file: number | undefined;

  /**
   * Creates the file, or empties it.
   *
   * @throws Error of node:fs when it cannot be created
   */
  constructor(path: string, linkType: number, precision: Precision = "nanoseconds") {
    this.#precision = precision;
    this.#file = openSync(path, "w");
    this.#append(fileHeader(linkType, precision));
  }

  /**
   * Writes one record.
   *
   * @param time nanoseconds since 1970
   * @param link link header, perhaps empty
   * @param packet what follows it
   * @param missing bytes of the packet that are not in `packet`
   * @throws RangeError when the format cannot say the time
   */
  write(time: bigint, link: Uint8Array, packet: Uint8Array, missing = 0): void {
    const length = link.length + packet.length;
    this.#append(recordHeader(time, length, length + missing, this.#precision));
    this.#append(link);
    this.#append(packet);
  }

  /** Hands what was gathered to the operating system. */
  flush(): void {
    if (this.#file === undefined) return;
    for (let at = 0; at < this.#used; ) {
      at += writeSync(this.#file, this.#buffer, at, this.#used - at);
    }
    this.#used = 0;
  }

  /** Completes the file. Calling it again does nothing. */
  close(): void {
    if (this.#file === undefined) return;
    this.flush();
    closeSync(this.#file);
    this.#file = undefined;
  }

  /** Gives the file up as it is. */
  abandon(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#used = 0;
  }

  #append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#used === BUFFER) this.flush();
      const part = bytes.subarray(at, at + BUFFER - this.#used);
      this.#buffer.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
    }
  }
}
