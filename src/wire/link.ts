/**
 * The link types of captures: where the IP packet begins in a frame, and headers for frames to write.
 *
 * Source: the tcpdump group's list of link-layer header types (LINKTYPE_*).
 *
 * @module
 */
import * as ethernet from "./ethernet.ts";

/** Link types known here, by name. */
export const LINK_TYPE = {
  /** Family number of 4 bytes in the byte order of the capturing host. */
  null: 0,
  ethernet: 1,
  /** Raw IP, as some systems number it. */
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  /** Family number of 4 bytes in network order. */
  loop: 108,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  linuxCooked2: 276,
} as const;

const COOKED_LENGTH = 16;
const COOKED_TYPE = 14;
const COOKED2_LENGTH = 20;
const FAMILY_LENGTH = 4;

/** Family numbers of IPv4 and IPv6 on the systems that write `null` and `loop` captures. */
const AF_INET = 2;
const AF_INET6: readonly number[] = [10, 24, 28, 30];

/** Whether frames of a link type can hold IP packets that `ipStart` finds. */
export function isKnown(linkType: number): boolean {
  return (Object.values(LINK_TYPE) as number[]).includes(linkType);
}

/**
 * Returns the first byte of the IP packet in the frame `[at, end)`, or -1 when it carries none.
 *
 * Only the version of what is found there is certain; its lengths are not.
 */
export function ipStart(linkType: number, view: DataView, at: number, end: number): number {
  switch (linkType) {
    case LINK_TYPE.ethernet:
      if (!ethernet.isWhole(view, at, end)) return -1;
      return behind(view, ethernet.payloadStart(view, at, end), end, ethernet.type(view, at, end));
    case LINK_TYPE.linuxCooked:
      if (end - at < COOKED_LENGTH) return -1;
      return behind(view, at + COOKED_LENGTH, end, view.getUint16(at + COOKED_TYPE));
    case LINK_TYPE.linuxCooked2:
      if (end - at < COOKED2_LENGTH) return -1;
      return behind(view, at + COOKED2_LENGTH, end, view.getUint16(at));
    case LINK_TYPE.null:
    case LINK_TYPE.loop: {
      if (end - at < FAMILY_LENGTH) return -1;
      const number = Math.min(view.getUint32(at), view.getUint32(at, true));
      const known = number === AF_INET || AF_INET6.includes(number);
      return known ? versioned(view, at + FAMILY_LENGTH, end, number === AF_INET ? 4 : 6) : -1;
    }
    case LINK_TYPE.ipv4:
      return versioned(view, at, end, 4);
    case LINK_TYPE.ipv6:
      return versioned(view, at, end, 6);
    case LINK_TYPE.raw:
    case LINK_TYPE.rawBsd:
    case LINK_TYPE.rawOpenBsd:
      return Math.max(versioned(view, at, end, 4), versioned(view, at, end, 6));
    default:
      return -1;
  }
}

/**
 * Returns the length of the IP packet `[at, end)` as its header claims it, link padding left out; 0
 * when it is too short to say.
 */
export function ipLength(view: DataView, at: number, end: number): number {
  if (end - at < 6) return 0;
  return view.getUint8(at) >>> 4 === 4 ? view.getUint16(at + 2) : 40 + view.getUint16(at + 4);
}

/** Returns the link type in which packets that came in frames of `linkType` are written. */
export function writableAs(linkType: number): WritableLinkType {
  return linkType === LINK_TYPE.ethernet ||
    linkType === LINK_TYPE.linuxCooked ||
    linkType === LINK_TYPE.null
    ? linkType
    : LINK_TYPE.raw;
}

/** Link types frames can be written in. */
export type WritableLinkType =
  | typeof LINK_TYPE.ethernet
  | typeof LINK_TYPE.linuxCooked
  | typeof LINK_TYPE.null
  | typeof LINK_TYPE.raw;

/**
 * Returns the link header before an IP packet that is sent.
 *
 * @param family 4 or 6
 * @param source hardware address of the sender, where the link has any
 * @param destination hardware address of the next hop, where the link has any
 */
export function linkHeader(
  linkType: WritableLinkType,
  family: 4 | 6,
  source: number,
  destination: number,
): Uint8Array {
  const type = family === 4 ? ethernet.ETHER_TYPE.ipv4 : ethernet.ETHER_TYPE.ipv6;
  switch (linkType) {
    case LINK_TYPE.ethernet: {
      const view = new DataView(new ArrayBuffer(ethernet.HEADER_LENGTH));
      ethernet.write(view, 0, { destination, source, type });
      return new Uint8Array(view.buffer);
    }
    case LINK_TYPE.linuxCooked: {
      // packet type 4 (sent by us) | ARPHRD_ETHER 1 | address length 6 | address 8 | protocol
      const view = new DataView(new ArrayBuffer(COOKED_LENGTH));
      view.setUint16(0, 4);
      view.setUint16(2, 1);
      view.setUint16(4, 6);
      ethernet.writeMac(view, 6, source);
      view.setUint16(COOKED_TYPE, type);
      return new Uint8Array(view.buffer);
    }
    case LINK_TYPE.null:
      return Uint8Array.of(family === 4 ? AF_INET : 30, 0, 0, 0);
    case LINK_TYPE.raw:
      return new Uint8Array(0);
  }
}

function behind(view: DataView, at: number, end: number, type: number): number {
  if (type === ethernet.ETHER_TYPE.ipv4) return versioned(view, at, end, 4);
  if (type === ethernet.ETHER_TYPE.ipv6) return versioned(view, at, end, 6);
  return -1;
}

function versioned(view: DataView, at: number, end: number, version: number): number {
  return at < end && view.getUint8(at) >>> 4 === version ? at : -1;
}
