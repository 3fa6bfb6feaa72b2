/**
 * Keeping both ends of a TCP connection in step when a helper has made a segment longer or shorter.
 *
 * For each direction it is remembered at which sequence number the last change began, and by how much the
 * bytes before and behind it are displaced. The receiver's acknowledgments are put back by as much. Changes
 * further back are forgotten, so a segment from before the one before last is displaced too far; by then
 * its receiver has long had it.
 *
 * All numbers are modulo 2^32; "behind" means less than 2^31 ahead (RFC 9293 §3.4).
 *
 * Source: RFC 9293 §3.1; RFC 2018 §3; linux nf_conntrack_seqadj.c.
 *
 * @module
 */
import * as tcp from "../../wire/tcp.ts";

const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
const SACK = 5;
const SACK_BLOCK = 8;

/** What has become of the numbers of one direction. */
export class SequenceShift {
  /** Number of the first byte of the last segment changed, as its sender counts. */
  #position: number;
  /** What is added to numbers up to that one, and to those behind it. */
  #before: number;
  #after: number;

  constructor(position = 0, before = 0, after = 0) {
    this.#position = position;
    this.#before = before;
    this.#after = after;
  }

  /** Whether any number changes. */
  get isNeeded(): boolean {
    return this.#before !== this.#after || this.#after !== 0;
  }

  /**
   * Notes that the segment that begins at `sequence` has grown by `change` bytes, negative where it has
   * shrunk. Told once more of a segment, as when it comes again, it changes nothing.
   */
  resized(sequence: number, change: number): void {
    if (this.#before !== this.#after && !isBehind(sequence, this.#position)) return;
    this.#position = sequence;
    this.#before = this.#after;
    this.#after += change;
  }

  /** Returns what the receiver calls the byte the sender calls `sequence`. */
  toReceiver(sequence: number): number {
    const shift = isBehind(sequence, this.#position) ? this.#after : this.#before;
    return (sequence + shift) >>> 0;
  }

  /** Returns what the sender calls the byte the receiver calls `sequence`. */
  toSender(sequence: number): number {
    const behind = isBehind((sequence - this.#before) >>> 0, this.#position);
    return (sequence - (behind ? this.#after : this.#before)) >>> 0;
  }
}

/**
 * Rewrites the numbers in the TCP header at `at`: its own, what it acknowledges, and the blocks it has
 * received out of order. Leaves the checksum.
 *
 * @param own of the direction the segment travels in
 * @param other of the direction it acknowledges
 * @param end one past the last byte of the packet
 */
export function adjustSequence(
  view: DataView,
  at: number,
  end: number,
  own: SequenceShift,
  other: SequenceShift,
): void {
  tcp.setSequence(view, at, own.toReceiver(tcp.sequence(view, at)));
  if ((tcp.flags(view, at) & tcp.ACK) === 0) return;
  tcp.setAcknowledgment(view, at, other.toSender(tcp.acknowledgment(view, at)));
  const optionsEnd = Math.min(at + tcp.headerLength(view, at), end);
  adjustBlocks(view, at + tcp.HEADER_LENGTH, optionsEnd, other);
}

/** Rewrites the blocks of all SACK options; stops at one that is cut off. */
function adjustBlocks(view: DataView, at: number, end: number, other: SequenceShift): void {
  let option = at;
  while (option < end) {
    const kind = view.getUint8(option);
    if (kind === END_OF_OPTIONS) return;
    if (kind === NO_OPERATION) {
      option++;
      continue;
    }
    const length = option + 1 < end ? view.getUint8(option + 1) : 0;
    if (length < 2 || option + length > end) return;
    if (kind === SACK && (length - 2) % SACK_BLOCK === 0) {
      for (let edge = option + 2; edge < option + length; edge += 4) {
        view.setUint32(edge, other.toSender(view.getUint32(edge)));
      }
    }
    option += length;
  }
}

/** Whether sequence number `a` is behind `b`: later in the stream. */
function isBehind(a: number, b: number): boolean {
  return ((b - a) | 0) < 0;
}
