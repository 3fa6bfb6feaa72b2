/**
 * Writes netlink messages, one behind the other, into a buffer that grows.
 *
 * Nested attributes go without the flag bit that marks them, as the kernel writes them.
 *
 * @module
 */
import {
  align,
  ERROR_ATTRIBUTE,
  HEADER_LENGTH,
  type Header,
  MESSAGE_FLAG,
  MESSAGE_TYPE,
  type Message,
  viewOf,
} from "./netlink.ts";
import { ATTRIBUTE_HEADER } from "./netlink-attributes.ts";

/** Longest value an attribute can have, in bytes: its length field has 16 bits. */
export const MAX_VALUE = 65535 - ATTRIBUTE_HEADER;

/** Longest text of an error message, in characters. */
const MAX_REASON = 1000;

const ENCODER = new TextEncoder();

/** Builds netlink messages. */
export class MessageWriter {
  #bytes = new Uint8Array(512);
  #view = viewOf(this.#bytes);
  #end = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#end;
  }

  /** Returns a copy of what was written, and begins anew. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#end);
    this.#end = 0;
    return taken;
  }

  /** Writes a message whose payload is what `fill` writes. One that throws leaves nothing behind. */
  message(header: Header, fill: () => void): this {
    const start = this.#end;
    this.#room(HEADER_LENGTH);
    this.#end += HEADER_LENGTH;
    try {
      fill();
    } catch (error) {
      this.#end = start;
      throw error;
    }
    this.#view.setUint32(start, this.#end - start, true);
    this.#view.setUint16(start + 4, header.type, true);
    this.#view.setUint16(start + 6, header.flags, true);
    this.#view.setUint32(start + 8, header.sequence, true);
    this.#view.setUint32(start + 12, header.port, true);
    this.#pad();
    return this;
  }

  /**
   * Writes the message that tells the outcome of `request`.
   *
   * Failure quotes the whole request, success its header. The kernel sends a text only to sockets that
   * asked for it; here it is always sent, and passed over by who does not look for it.
   *
   * @param errno positive error number, or 0 for success
   * @param text why a request was refused
   */
  outcome(request: Message, errno: number, text?: string): this {
    const failed = errno !== 0;
    const flags =
      (failed ? 0 : MESSAGE_FLAG.capped) | (text === undefined ? 0 : MESSAGE_FLAG.attributes);
    const header = {
      type: MESSAGE_TYPE.error,
      flags,
      sequence: request.sequence,
      port: request.port,
    };
    return this.message(header, () => {
      this.int32(-errno);
      this.raw(failed ? request.bytes : request.bytes.subarray(0, HEADER_LENGTH));
      if (text === undefined) return;
      this.#pad();
      this.text(ERROR_ATTRIBUTE.text, text.slice(0, MAX_REASON));
    });
  }

  /** Writes the message that ends a list. */
  done(request: Header, errno: number): this {
    const header = { ...request, type: MESSAGE_TYPE.done, flags: MESSAGE_FLAG.multi };
    return this.message(header, () => void this.int32(-errno));
  }

  /** Writes bytes that are no attribute. */
  raw(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
    return this;
  }

  /** Writes a number that is no attribute. */
  int32(value: number): this {
    this.#room(4);
    this.#view.setInt32(this.#end, value, true);
    this.#end += 4;
    return this;
  }

  u8(number: number, value: number): this {
    const at = this.#attribute(number, 1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(number: number, value: number): this {
    const at = this.#attribute(number, 2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  /** Writes a 16-bit number in network order, such as a port. */
  u16Net(number: number, value: number): this {
    const at = this.#attribute(number, 2);
    this.#view.setUint16(at, value);
    return this;
  }

  /** Writes the low 32 bits of a number, negative ones in two's complement. */
  u32(number: number, value: number): this {
    const at = this.#attribute(number, 4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  /** Writes a 32-bit number in network order, such as an IPv4 mask. */
  u32Net(number: number, value: number): this {
    const at = this.#attribute(number, 4);
    this.#view.setUint32(at, value);
    return this;
  }

  u64(number: number, value: bigint): this {
    const at = this.#attribute(number, 8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  /**
   * Writes text as UTF-8 with a NUL behind it.
   *
   * @throws RangeError when it is longer than a value can be
   */
  text(number: number, value: string): this {
    const bytes = ENCODER.encode(value);
    const at = this.#attribute(number, bytes.length + 1);
    this.#bytes.set(bytes, at);
    this.#bytes[at + bytes.length] = 0;
    return this;
  }

  /** @throws RangeError when there are more bytes than a value can have */
  bytes(number: number, value: Uint8Array): this {
    const at = this.#attribute(number, value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /**
   * Writes an attribute whose value is the attributes `fill` writes.
   *
   * @throws RangeError when they are longer than a value can be
   */
  nest(number: number, fill: () => void): this {
    const start = this.#end;
    this.#attribute(number, 0);
    fill();
    const length = this.#end - start;
    checkValue(number, length - ATTRIBUTE_HEADER);
    this.#view.setUint16(start, length, true);
    return this;
  }

  /** Writes an attribute's header, and returns where its value goes: in a buffer that may be new. */
  #attribute(number: number, length: number): number {
    checkValue(number, length);
    this.#room(ATTRIBUTE_HEADER + align(length));
    this.#view.setUint16(this.#end, ATTRIBUTE_HEADER + length, true);
    this.#view.setUint16(this.#end + 2, number, true);
    const at = this.#end + ATTRIBUTE_HEADER;
    this.#end = at + length;
    this.#pad();
    return at;
  }

  /** Writes zeros up to where something may begin again. */
  #pad(): void {
    const end = align(this.#end);
    this.#room(end - this.#end);
    this.#bytes.fill(0, this.#end, end);
    this.#end = end;
  }

  #room(length: number): void {
    if (this.#end + length <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + length));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
    this.#view = viewOf(grown);
  }
}

function checkValue(number: number, length: number): void {
  if (length > MAX_VALUE) {
    throw new RangeError(
      `Cannot write attribute ${number} of ${length} bytes: must be at most ${MAX_VALUE}`,
    );
  }
}
