/**
 * Cuts IPv6 packets into fragments, as only the sender of a packet may, or who put it together on the way.
 *
 *     +------------------+------------------------------------+
 *     | unfragmentable   | fragmentable part                  |
 *     +------------------+------------------------------------+
 *     +------------------+----------+-------------+
 *     | unfragmentable   | fragment | piece 1     |   ...
 *     | (next header 44) | header   |             |
 *     +------------------+----------+-------------+
 *
 * Source: RFC 8200 §4.5; linux output_core.c `ip6_find_1stfragopt` for which headers every fragment
 * carries.
 *
 * @module
 */
import { MAX_PACKET } from "./frame.ts";
import type { FragmentSink } from "./ipv4-fragmenter.ts";
import * as ipv6 from "./ipv6.ts";
import {
  DESTINATION_OPTIONS,
  FRAGMENT,
  FRAGMENT_HEADER_LENGTH,
  HOP_BY_HOP,
  ROUTING,
  writeFragmentHeader,
} from "./ipv6-extensions.ts";

/** Cuts packets, one at a time, in a buffer of its own. */
export class Ipv6Fragmenter {
  /** Where each fragment stands while the sink has it. */
  readonly bytes = new Uint8Array(MAX_PACKET);
  readonly #view = new DataView(this.bytes.buffer);
  /** Length of the unfragmentable part of the packet at hand, in bytes. */
  #unfragmentable = 0;
  /** Where its last next-header field stands. */
  #nextField = 0;

  /**
   * Hands the fragments of a packet to `sink`, first to last.
   *
   * @param at first byte of a whole packet in `view` that is no fragment itself
   * @param mtu largest fragment, in bytes
   * @param id identification of the fragments, 0–4294967295
   * @param sink takes each fragment
   * @returns whether the sink took all; `false` also when not even 8 bytes of data fit in a fragment, or
   *   an extension header is cut off
   */
  cut(view: DataView, at: number, mtu: number, id: number, sink: FragmentSink): boolean {
    const end = at + ipv6.totalLength(view, at);
    if (!this.#findFragmentable(view, at, end)) return false;
    const unfragmentable = this.#unfragmentable;
    const header = unfragmentable + FRAGMENT_HEADER_LENGTH;
    const room = Math.max(0, mtu - header) & ~7;
    if (room === 0) return false;
    this.bytes.set(new Uint8Array(view.buffer, view.byteOffset + at, unfragmentable));
    const next = this.bytes[this.#nextField]!;
    this.bytes[this.#nextField] = FRAGMENT;
    const data = at + unfragmentable;
    for (let from = data; from < end; ) {
      const rest = end - from;
      // The last fragment may end at any byte, and so take what the others leave unused.
      const length = rest + header <= mtu ? rest : room;
      const more = length < rest;
      writeFragmentHeader(this.#view, unfragmentable, next, from - data, more, id);
      ipv6.setPayloadLength(this.#view, 0, header + length - ipv6.HEADER_LENGTH);
      this.bytes.set(new Uint8Array(view.buffer, view.byteOffset + from, length), header);
      if (!sink(header + length)) return false;
      from += length;
    }
    return true;
  }

  /** Walks over the headers every fragment carries; `false` when one is cut off. */
  #findFragmentable(view: DataView, at: number, end: number): boolean {
    let next = ipv6.nextHeader(view, at);
    let length = ipv6.HEADER_LENGTH;
    let routed = false;
    this.#nextField = 6;
    while (
      next === HOP_BY_HOP ||
      next === ROUTING ||
      // Options for the final destination, behind a routing header, are data to those before it.
      (next === DESTINATION_OPTIONS && !routed)
    ) {
      if (at + length + 8 > end) return false;
      if (next === ROUTING) routed = true;
      this.#nextField = length;
      next = view.getUint8(at + length);
      length += (view.getUint8(at + length + 1) + 1) * 8;
    }
    this.#unfragmentable = length;
    return at + length <= end;
  }
}
