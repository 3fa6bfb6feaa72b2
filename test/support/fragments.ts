/**
 * Cuts packets of tests into fragments of either family, without code of `src/`.
 *
 * @module
 */
import { concat, internetChecksum } from "./packet.ts";
import { fragmentHeader } from "./packet-extensions.ts";

const HEADER_4 = 20;
const HEADER_6 = 40;
const FRAGMENT = 44;

/** How fragments are made. */
export interface FragmentOptions {
  readonly id?: number;
  /** Whether IPv4 fragments carry "do not fragment"; false. */
  readonly df?: boolean;
}

/**
 * Returns one fragment of a packet without options or extension headers: bytes `[from, to)` of what
 * follows its IP header. The last one is that which reaches the end.
 */
export function fragment(
  packet: Uint8Array,
  from: number,
  to: number,
  options: FragmentOptions = {},
): Uint8Array {
  return packet[0]! >>> 4 === 4
    ? fragment4(packet, from, to, options)
    : fragment6(packet, from, to, options);
}

/** Returns all fragments of a packet, first to last, each with `size` bytes of data, a multiple of 8. */
export function fragmentsOf(
  packet: Uint8Array,
  size: number,
  options: FragmentOptions = {},
): Uint8Array[] {
  const length = packet.length - (packet[0]! >>> 4 === 4 ? HEADER_4 : HEADER_6);
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < length; from += size) {
    pieces.push(fragment(packet, from, Math.min(from + size, length), options));
  }
  return pieces;
}

function fragment4(
  packet: Uint8Array,
  from: number,
  to: number,
  { id = 7, df = false }: FragmentOptions,
): Uint8Array {
  const data = packet.subarray(HEADER_4);
  const piece = concat(packet.subarray(0, HEADER_4), data.subarray(from, to));
  const view = new DataView(piece.buffer);
  const more = to < data.length ? 0x2000 : 0;
  view.setUint16(2, piece.length);
  view.setUint16(4, id);
  view.setUint16(6, (df ? 0x4000 : 0) | more | (from / 8));
  view.setUint16(10, 0);
  view.setUint16(10, internetChecksum(piece.subarray(0, HEADER_4)));
  return piece;
}

function fragment6(
  packet: Uint8Array,
  from: number,
  to: number,
  { id = 7 }: FragmentOptions,
): Uint8Array {
  const data = packet.subarray(HEADER_6);
  const header = fragmentHeader({ offset: from, more: to < data.length, id }).bytes;
  header[0] = packet[6]!;
  const piece = concat(packet.subarray(0, HEADER_6), header, data.subarray(from, to));
  new DataView(piece.buffer).setUint16(4, piece.length - HEADER_6);
  piece[6] = FRAGMENT;
  return piece;
}
