/**
 * Cuts IPv4 packets into fragments.
 *
 * Source: RFC 791 §2.3 and §3.2 "An Example Fragmentation Procedure"; linux ip_options.c
 * `ip_options_fragment`: headers keep their length, options that are not to be copied become no-operations.
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
  readonly #identifies: boolean;
  #nextId = 1;

  /**
   * @param identifies whether a packet without identification gets one, the same in all its fragments, as
   *   from the host that sends it; routers leave it as it is
   */
  constructor(identifies = true) {
    this.#identifies = identifies;
  }

  /**
   * Hands the fragments of a packet to `sink`, first to last.
   *
   * Header checksums are right; a packet that is a fragment itself is cut into smaller ones.
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
    const id = ipv4.id(view, at) || (this.#identifies ? this.#takeId() : 0);
    const header = this.#copyHeader(view, at);
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
      if (from === at + header) this.#blankOptions(header);
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

  /** Puts no-operations in the place of options that only the first fragment carries. */
  #blankOptions(header: number): void {
    for (let at = ipv4.HEADER_LENGTH; at < header; ) {
      const type = this.#view.getUint8(at);
      if (type === END_OF_OPTIONS) return;
      const length = type === NO_OPERATION ? 1 : this.#optionLength(at, header);
      if ((type & COPIED) === 0) this.bytes.fill(NO_OPERATION, at, at + length);
      at += length;
    }
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
