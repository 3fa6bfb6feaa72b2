/**
 * Cuts IPv4 packets into fragments.
 *
 * Source: RFC 791 §2.3 and §3.2 "An Example Fragmentation Procedure".
 *
 * @module
 */
import { MAX_PACKET } from "./frame.ts";
import * as ipv4 from "./ipv4.ts";

/** Options of type 0 and 1 have no length byte. Source: RFC 791 §3.1. */
const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
/** The bit of an option's type that has every fragment carry it. */
const COPIED = 0x80;

/** Takes one fragment, the first `length` bytes of the fragmenter's buffer; `false` ends the cutting. */
export type FragmentSink = (length: number) => boolean;

/** Cuts packets, one at a time, in a buffer of its own. */
export class Ipv4Fragmenter {
  /** Where each fragment stands while the sink has it. */
  readonly bytes = new Uint8Array(MAX_PACKET);
  readonly #view = new DataView(this.bytes.buffer);
  #nextId = 1;

  /**
   * Hands the fragments of a packet to `sink`, first to last.
   *
   * A packet without identification gets one, the same in all its fragments. Header checksums are
   * right; a packet that is a fragment itself is cut into smaller ones.
   *
   * @param at first byte of a whole packet in `view`
   * @param mtu largest fragment, in bytes
   * @param sink takes each fragment
   * @param dontFragment whether the fragments forbid routers to cut them further
   * @returns whether the sink took all; `false` also when not even 8 bytes of data fit in a fragment
   */
  cut(view: DataView, at: number, mtu: number, sink: FragmentSink, dontFragment = false): boolean {
    const end = at + ipv4.totalLength(view, at);
    const original = ipv4.fragment(view, at);
    const id = ipv4.id(view, at) || this.#takeId();
    let header = this.#copyHeader(view, at);
    const flag = dontFragment ? ipv4.DONT_FRAGMENT : 0;
    let offset = original & ipv4.OFFSET_MASK;
    for (let from = at + header; from < end; ) {
      const room = Math.max(0, mtu - header) & ~7;
      if (room === 0) return false;
      const length = Math.min(room, end - from);
      const last = from + length === end;
      const more = last ? original & ipv4.MORE_FRAGMENTS : ipv4.MORE_FRAGMENTS;
      ipv4.setId(this.#view, 0, id);
      ipv4.setFragment(this.#view, 0, flag | more | offset);
      ipv4.setTotalLength(this.#view, 0, header + length);
      ipv4.updateHeaderChecksum(this.#view, 0);
      const data = new Uint8Array(view.buffer, view.byteOffset + from, length);
      this.bytes.set(data, header);
      if (!sink(header + length)) return false;
      // Only the first fragment carries all options.
      if (from === at + ipv4.headerLength(view, at)) header = this.#keepCopiedOptions(header);
      from += length;
      offset += length / 8;
    }
    return true;
  }

  /** Copies the header and returns its length. */
  #copyHeader(view: DataView, at: number): number {
    const length = ipv4.headerLength(view, at);
    this.bytes.set(new Uint8Array(view.buffer, view.byteOffset + at, length));
    return length;
  }

  /** Leaves the options of the header that every fragment carries; returns the header's new length. */
  #keepCopiedOptions(header: number): number {
    let kept = ipv4.HEADER_LENGTH;
    for (let at = kept; at < header; ) {
      const type = this.#view.getUint8(at);
      if (type === END_OF_OPTIONS) break;
      const length = type === NO_OPERATION ? 1 : this.#optionLength(at, header);
      if ((type & COPIED) !== 0) {
        this.bytes.copyWithin(kept, at, at + length);
        kept += length;
      }
      at += length;
    }
    const padded = (kept + 3) & ~3;
    this.bytes.fill(END_OF_OPTIONS, kept, padded);
    ipv4.setHeaderLength(this.#view, 0, padded);
    return padded;
  }

  /** Length of the option at `at`; up to the header's end when what it says cannot be. */
  #optionLength(at: number, header: number): number {
    const length = at + 1 < header ? this.#view.getUint8(at + 1) : 0;
    return length >= 2 && at + length <= header ? length : header - at;
  }

  #takeId(): number {
    const id = this.#nextId;
    this.#nextId = id === 0xffff ? 1 : id + 1;
    return id;
  }
}
