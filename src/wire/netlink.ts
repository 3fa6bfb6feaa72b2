/**
 * Netlink messages: the header, its flags, and the messages every family has in common.
 *
 *      0             15 16            31
 *     +--------------------------------+
 *     |   Length, header included      |
 *     +----------------+---------------+
 *     |      Type      |     Flags     |
 *     +----------------+---------------+
 *     |        Sequence number         |
 *     +--------------------------------+
 *     |      Port of the requester     |
 *     +--------------------------------+
 *
 * Messages begin at multiples of four bytes. Numbers are in the host's byte order; little-endian is
 * the only order supported, here and in the attributes. Nothing in here trusts a length field: what
 * does not fit in the bytes at hand is refused, and every step forward is at least a header long.
 *
 * Source: RFC 3549 §2; linux/netlink.h.
 *
 * @module
 */
import { ERRNO } from "../base/error.ts";

const TYPE = 4;
const FLAGS = 6;
const SEQUENCE = 8;
const PORT = 12;

/** Length of a message header, in bytes. */
export const HEADER_LENGTH = 16;

/** Message types below the first a family may have. Source: linux/netlink.h `NLMSG_*`. */
export const MESSAGE_TYPE = { noop: 1, error: 2, done: 3, overrun: 4, firstFamily: 16 } as const;

/** Bits of the flags. Source: linux/netlink.h `NLM_F_*`. */
export const MESSAGE_FLAG = {
  request: 0x1,
  /** One of several messages, the last of which is of type `done`. */
  multi: 0x2,
  /** The requester wants to be told of success as well. */
  acknowledge: 0x4,
  /** Both bits together ask for a list. */
  dump: 0x300,
  /** In an error message: of the refused request only the header is quoted. */
  capped: 0x100,
  /** In an error message: attributes follow what is quoted. */
  attributes: 0x200,
} as const;

/** Attributes of an error message. Source: linux/netlink.h `NLMSGERR_ATTR_*`. */
export const ERROR_ATTRIBUTE = { text: 1 } as const;

/** Returns `length` rounded up to where the next message or attribute begins. */
export function align(length: number): number {
  return (length + 3) & ~3;
}

/** A message header but for its length. */
export interface Header {
  /** 0–65535; one of `MESSAGE_TYPE`, or the number of a family. */
  readonly type: number;
  /** Sum of `MESSAGE_FLAG` values. */
  readonly flags: number;
  /** Chosen by the requester, repeated in all replies; 0–4294967295. */
  readonly sequence: number;
  /** Number of the requester's socket, repeated in all replies; 0–4294967295. */
  readonly port: number;
}

/** One message: its header, and its bytes, which are those it was read from. */
export interface Message extends Header {
  /** All of the message without the padding behind it. */
  readonly bytes: Uint8Array;
  /** What follows the header. */
  readonly payload: Uint8Array;
}

/** Returns a view of exactly `bytes`. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * Returns the message that begins at `at`, or `undefined` when it is not all there.
 *
 * A length field below `HEADER_LENGTH` never becomes a message, however many bytes follow: see
 * `isFramed`.
 */
export function messageAt(bytes: Uint8Array, at: number): Message | undefined {
  if (bytes.length - at < HEADER_LENGTH) return undefined;
  const view = viewOf(bytes);
  const length = view.getUint32(at, true);
  if (length < HEADER_LENGTH || length > bytes.length - at) return undefined;
  return {
    type: view.getUint16(at + TYPE, true),
    flags: view.getUint16(at + FLAGS, true),
    sequence: view.getUint32(at + SEQUENCE, true),
    port: view.getUint32(at + PORT, true),
    bytes: bytes.subarray(at, at + length),
    payload: bytes.subarray(at + HEADER_LENGTH, at + length),
  };
}

/** Whether the length field at `at` may be right; `true` as long as it has not all arrived. */
export function isFramed(bytes: Uint8Array, at: number): boolean {
  return bytes.length - at < 4 || viewOf(bytes).getUint32(at, true) >= HEADER_LENGTH;
}

/**
 * Yields the messages in `bytes`, and ends at the first that is not whole.
 *
 * What follows such a one is passed over, as the kernel does: nobody can say where the next begins.
 */
export function* messagesIn(bytes: Uint8Array): Generator<Message> {
  let at = 0;
  for (let message = messageAt(bytes, at); message; message = messageAt(bytes, at)) {
    yield message;
    at += align(message.bytes.length);
  }
}

/** Whether no further reply follows `message`: it ends a list, or tells of success or failure. */
export function isLast(message: Header): boolean {
  return message.type === MESSAGE_TYPE.done || message.type === MESSAGE_TYPE.error;
}

/** How a request ended. */
export interface Outcome {
  /** Positive error number, or 0 for success. */
  readonly errno: number;
  /** The attributes behind what is quoted, or no bytes. */
  readonly attributes: Uint8Array;
}

/**
 * Returns how the request ended that a message of type `done` or `error` answers, or `undefined` when
 * the message is too short to say.
 */
export function outcomeOf(message: Message): Outcome | undefined {
  const { payload } = message;
  if (payload.length < 4) return undefined;
  const view = viewOf(payload);
  const code = view.getInt32(0, true);
  // The kernel never sends a positive number; one that does must not pass for success.
  const errno = code > 0 ? ERRNO.EIO : -code;
  let from = 4;
  if (message.type === MESSAGE_TYPE.error) {
    if (payload.length < 4 + HEADER_LENGTH) return undefined;
    const capped = (message.flags & MESSAGE_FLAG.capped) !== 0;
    from += capped ? HEADER_LENGTH : align(view.getUint32(4, true));
  }
  const more = (message.flags & MESSAGE_FLAG.attributes) !== 0;
  return { errno, attributes: more ? payload.subarray(from) : payload.subarray(payload.length) };
}
