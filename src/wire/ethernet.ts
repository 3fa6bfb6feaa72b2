/**
 * Ethernet II header (IEEE 802.3 §3.1.1) and VLAN tags (IEEE 802.1Q §9), read and written in place.
 *
 *     +---------------+---------------+-----------+ +- - - - - - - - -+
 *     | destination 6 |   source 6    |  type 2   | | tag 2 | type 2  | ...
 *     +---------------+---------------+-----------+ +- - - - - - - - -+
 *
 * `at` is the header's first byte in `view`. Accessors are safe once `isWhole` has said `true`. A
 * hardware address is a number, 0–2^48-1, first byte most significant.
 *
 * @module
 */
const DESTINATION = 0;
const SOURCE = 6;
const TYPE = 12;

/** Length of the header without tags, in bytes. */
export const HEADER_LENGTH = 14;

/** Length of one VLAN tag, in bytes. */
export const TAG_LENGTH = 4;

/** The address of everybody on the link. */
export const BROADCAST = 0xffffffffffff;

/** What a frame carries. Source: linux/if_ether.h `ETH_P_*`. */
export const ETHER_TYPE = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  serviceVlan: 0x88a8,
} as const;

/** Whether bytes `[at, end)` hold a whole header with every tag it announces. */
export function isWhole(view: DataView, at: number, end: number): boolean {
  return end - at >= HEADER_LENGTH && payloadStart(view, at, end) <= end;
}

export function destination(view: DataView, at: number): number {
  return readMac(view, at + DESTINATION);
}

export function source(view: DataView, at: number): number {
  return readMac(view, at + SOURCE);
}

/** Type of the payload behind all tags, 0–65535; below 1536 it is a length (IEEE 802.3 §3.2.6). */
export function type(view: DataView, at: number, end: number): number {
  return view.getUint16(payloadStart(view, at, end) - 2);
}

/** Returns the first byte behind header and tags; past `end` when a tag is cut short. */
export function payloadStart(view: DataView, at: number, end: number): number {
  let typeAt = at + TYPE;
  while (typeAt + 2 <= end && isTag(view.getUint16(typeAt))) typeAt += TAG_LENGTH;
  return typeAt + 2;
}

/** Writes a header without tags. */
export function write(
  view: DataView,
  at: number,
  header: { readonly destination: number; readonly source: number; readonly type: number },
): void {
  writeMac(view, at + DESTINATION, header.destination);
  writeMac(view, at + SOURCE, header.source);
  view.setUint16(at + TYPE, header.type);
}

/** Reads a hardware address of 6 bytes. */
export function readMac(view: DataView, at: number): number {
  return view.getUint16(at) * 0x1_0000_0000 + view.getUint32(at + 2);
}

/** Writes a hardware address of 6 bytes. */
export function writeMac(view: DataView, at: number, mac: number): void {
  view.setUint16(at, Math.floor(mac / 0x1_0000_0000));
  view.setUint32(at + 2, mac % 0x1_0000_0000);
}

/** Whether an address stands for several stations: multicast or broadcast. */
export function isGroup(mac: number): boolean {
  return (Math.floor(mac / 0x100_0000_0000) & 1) === 1;
}

/** Returns the usual text of an address: `02:00:0a:00:00:01`. */
export function formatMac(mac: number): string {
  return mac
    .toString(16)
    .padStart(12, "0")
    .replaceAll(/..(?!$)/g, "$&:");
}

function isTag(type: number): boolean {
  return type === ETHER_TYPE.vlan || type === ETHER_TYPE.serviceVlan;
}
