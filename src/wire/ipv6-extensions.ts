/**
 * IPv6 extension headers (RFC 8200 §4), walked from the fixed header to what is carried.
 *
 *      0      7 8     15 16                       31
 *     +--------+--------+---------------------------+
 *     |  next  | length |  (length in 8-byte units, |
 *     | header |        |   the first 8 not counted)|
 *     +--------+--------+---------------------------+
 *
 *     fragment header (44):
 *     +--------+--------+----------------+--+-------+
 *     |  next  |    0   |  offset (13)   |0 | M     |
 *     +--------+--------+----------------+--+-------+
 *     |              identification                 |
 *     +---------------------------------------------+
 *
 * The walk keeps its result in one record that its owner uses again, so that it allocates nothing.
 *
 * Source: RFC 8200 §4; RFC 4302 §2.2 for the authentication header, whose length counts 4-byte units;
 * linux exthdrs_core.c `ipv6_find_hdr` for which headers are walked over.
 *
 * @module
 */
import * as ipv6 from "./ipv6.ts";

export const HOP_BY_HOP = 0;
export const ROUTING = 43;
export const FRAGMENT = 44;
export const AUTHENTICATION = 51;
export const NO_NEXT_HEADER = 59;
export const DESTINATION_OPTIONS = 60;

/** Length of a fragment header, in bytes. */
export const FRAGMENT_HEADER_LENGTH = 8;

const NEXT = 0;
const LENGTH = 1;
const FRAGMENT_OFFSET = 2;
const FRAGMENT_ID = 4;
const MORE_FRAGMENTS = 1;
const OFFSET_MASK = 0xfff8;
/** Bytes to read of an extension header before its length is known. */
const LEAST_LENGTH = 8;

/** Where the walk ended. */
export interface Walk {
  /** Number of the first header that is no extension header. */
  protocol: number;
  /** Its first byte. */
  transport: number;
  /** First byte of the last fragment header, or -1. */
  fragment: number;
  /** Offset of the fragment in bytes, 0 where there is none or it is the first. */
  fragmentOffset: number;
  /** Whether more fragments follow. */
  moreFragments: boolean;
}

/** Returns a record to walk with. */
export function newWalk(): Walk {
  return { protocol: 0, transport: 0, fragment: -1, fragmentOffset: 0, moreFragments: false };
}

/**
 * Walks over the extension headers of the packet at `at`. The authentication header counts as one.
 *
 * Behind the header of a later fragment there is no header to read: the walk ends with the fragment's
 * own next header as protocol.
 *
 * @param end one past the last byte of the packet
 * @returns `false` when a header is cut off by `end`
 */
export function walk(view: DataView, at: number, end: number, into: Walk): boolean {
  into.protocol = ipv6.nextHeader(view, at);
  into.transport = at + ipv6.HEADER_LENGTH;
  into.fragment = -1;
  into.fragmentOffset = 0;
  into.moreFragments = false;
  while (isExtension(into.protocol)) {
    const header = into.transport;
    if (header + LEAST_LENGTH > end) return false;
    const number = into.protocol;
    into.protocol = view.getUint8(header + NEXT);
    into.transport = header + lengthOf(view, header, number);
    if (number === FRAGMENT) {
      into.fragment = header;
      into.fragmentOffset = fragmentOffset(view, header);
      into.moreFragments = moreFragments(view, header);
      if (into.fragmentOffset !== 0) return true;
    }
  }
  return into.transport <= end;
}

/** Length of the extension header `number` at `at`, in bytes: 8–2048. */
export function lengthOf(view: DataView, at: number, number: number): number {
  if (number === FRAGMENT) return FRAGMENT_HEADER_LENGTH;
  const units = view.getUint8(at + LENGTH);
  return number === AUTHENTICATION ? (units + 2) * 4 : (units + 1) * 8;
}

/** Offset of the fragment whose header begins at `at`, in bytes. */
export function fragmentOffset(view: DataView, at: number): number {
  return view.getUint16(at + FRAGMENT_OFFSET) & OFFSET_MASK;
}

/** Whether fragments follow the one whose header begins at `at`. */
export function moreFragments(view: DataView, at: number): boolean {
  return (view.getUint16(at + FRAGMENT_OFFSET) & MORE_FRAGMENTS) !== 0;
}

/** Identification in the fragment header at `at`. */
export function fragmentId(view: DataView, at: number): number {
  return view.getUint32(at + FRAGMENT_ID);
}

/** Writes a whole fragment header; `offset` is in bytes, a multiple of 8. */
export function writeFragmentHeader(
  view: DataView,
  at: number,
  next: number,
  offset: number,
  more: boolean,
  id: number,
): void {
  view.setUint8(at + NEXT, next);
  view.setUint8(at + LENGTH, 0);
  view.setUint16(at + FRAGMENT_OFFSET, offset | (more ? MORE_FRAGMENTS : 0));
  view.setUint32(at + FRAGMENT_ID, id);
}

function isExtension(number: number): boolean {
  return (
    number === HOP_BY_HOP ||
    number === ROUTING ||
    number === FRAGMENT ||
    number === AUTHENTICATION ||
    number === DESTINATION_OPTIONS
  );
}
