/**
 * Cuts IPv6 packets into fragments, as the host they come from does; routers never do.
 *
 *     +------------------+---------------------------------+
 *     | per-fragment part|             data                |
 *     +------------------+---------------------------------+
 *     +------------------+--------+----------+
 *     | per-fragment part|fragment|   data   |   and so on
 *     +------------------+--------+----------+
 *
 * Source: RFC 8200 §4.5.
 *
 * @module
 */
import * as ipv6 from "../src/wire/ipv6.ts";
import {
  DESTINATION_OPTIONS,
  FRAGMENT,
  FRAGMENT_HEADER_LENGTH,
  HOP_BY_HOP,
  ROUTING,
  writeFragmentHeader,
} from "../src/wire/ipv6-extensions.ts";
import type { FragmentSink } from "./ipv4-fragmenter.ts";

/** Bytes to read of an extension header before its length is known. */
const LEAST_LENGTH = 8;
/** Where the number of the first header behind the fixed one stands. */
const FIRST_NEXT_HEADER = 6;

/** Cuts packets, one at a time. */
export class Ipv6Fragmenter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #nextId: number;
  /** Where the number stands that says what follows the per-fragment part. */
  #link = 0;

  /**
   * @param bytes where each fragment stands while the sink has it; room for the largest packet
   * @param firstId identification of the first packet; chance, so that others cannot foresee it
   */
  constructor(bytes: Uint8Array, firstId: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#nextId = firstId >>> 0;
  }

  /**
   * Hands the fragments of a packet to `sink`, first to last.
   *
   * @param at first byte of a whole packet in `view`
   * @param mtu largest fragment, in bytes
   * @returns whether the sink took all; `false` also when not even 8 bytes of data fit in a fragment, and
   *   for a packet that is a fragment itself
   */
  cut(view: DataView, at: number, mtu: number, sink: FragmentSink): boolean {
    const end = at + ipv6.totalLength(view, at);
    const header = this.#perFragmentLength(view, at, end);
    const next = view.getUint8(at + this.#link);
    const room = Math.max(0, mtu - header - FRAGMENT_HEADER_LENGTH) & ~7;
    if (next === FRAGMENT || room === 0) return false;
    this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset + at, header));
    this.#bytes[this.#link] = FRAGMENT;
    const id = this.#takeId();
    const first = at + header;
    for (let from = first; from < end; from += room) {
      const length = Math.min(room, end - from);
      const more = from + length < end;
      writeFragmentHeader(this.#view, header, next, from - first, more, id);
      const data = new Uint8Array(view.buffer, view.byteOffset + from, length);
      this.#bytes.set(data, header + FRAGMENT_HEADER_LENGTH);
      const total = header + FRAGMENT_HEADER_LENGTH + length;
      ipv6.setPayloadLength(this.#view, 0, total - ipv6.HEADER_LENGTH);
      if (!sink(total)) return false;
    }
    return true;
  }

  /**
   * Length of what every fragment carries: all up to the routing header, or else the hop-by-hop options,
   * or else the fixed header. What `end` cuts off is not counted.
   */
  #perFragmentLength(view: DataView, at: number, end: number): number {
    let length = ipv6.HEADER_LENGTH;
    let link = FIRST_NEXT_HEADER;
    this.#link = link;
    let kept = length;
    for (;;) {
      const number = view.getUint8(at + link);
      if (number !== HOP_BY_HOP && number !== ROUTING && number !== DESTINATION_OPTIONS)
        return kept;
      if (at + length + LEAST_LENGTH > end) return kept;
      link = length;
      length += (view.getUint8(at + length + 1) + 1) * 8;
      if (at + length > end) return kept;
      if (number !== DESTINATION_OPTIONS) {
        kept = length;
        this.#link = link;
      }
    }
  }

  #takeId(): number {
    const id = this.#nextId;
    this.#nextId = (id + 1) >>> 0;
    return id;
  }
}
