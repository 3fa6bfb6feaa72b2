/**
 * Neighbour discovery of IPv6 (RFC 4861 §4.3, §4.4): who has an address, and who says so.
 *
 *      0        1        2        3        4
 *     +--------+--------+-----------------+
 *     |  type  |  code  |    checksum     |
 *     +--------+--------+-----------------+
 *     |R S O   |          reserved        |
 *     +--------+--------------------------+
 *     |      target address (16 bytes)    |
 *     +-----------------------------------+
 *     |  options, of 8 bytes each ...     |
 *     +-----------------------------------+
 *
 * @module
 */
import type { AddressWords } from "../net/address.ts";
import { ICMPV6 } from "../net/protocol.ts";
import { writeMac } from "./ethernet.ts";
import * as icmpv6 from "./icmpv6.ts";
import * as ipv6 from "./ipv6.ts";

export const NEIGHBOR_SOLICITATION = 135;

const FLAGS = 4;
const TARGET = 8;
const OPTION = 24;
/** Length of an advertisement with the option of a hardware address, in bytes. */
const ADVERTISEMENT = OPTION + 8;
/** Option: hardware address of the target; its length counts 8 bytes. */
const TARGET_MAC = 2;
const SOLICITED = 0x40;
const OVERRIDE = 0x20;
/** What a message has not passed a router with (RFC 4861 §7.1). */
const HOP_LIMIT = 255;

/** All hosts of a link (RFC 4291 §2.7.1). */
const ALL_NODES = Uint32Array.of(0xff020000, 0, 0, 1);

/** Length of the packet of an advertisement, in bytes. */
export const ADVERTISEMENT_LENGTH = ipv6.HEADER_LENGTH + ADVERTISEMENT;

/** Whether the IPv6 packet `[at, end)` is a solicitation from the link. */
export function isSolicitation(view: DataView, at: number, end: number): boolean {
  const message = at + ipv6.HEADER_LENGTH;
  return (
    ipv6.isWhole(view, at, end) &&
    message + OPTION <= end &&
    ipv6.nextHeader(view, at) === ICMPV6 &&
    ipv6.hopLimit(view, at) === HOP_LIMIT &&
    icmpv6.type(view, message) === NEIGHBOR_SOLICITATION &&
    icmpv6.code(view, message) === 0 &&
    icmpv6.checksumIsRight(view, at, message, at + ipv6.totalLength(view, at))
  );
}

/** Reads the address a solicitation asks for. */
export function readTarget(view: DataView, at: number, into: AddressWords): void {
  for (let word = 0; word < 4; word++) {
    into[word] = view.getUint32(at + ipv6.HEADER_LENGTH + TARGET + 4 * word);
  }
}

/**
 * Writes the packet that answers a solicitation, `ADVERTISEMENT_LENGTH` bytes.
 *
 * @param source of the solicitation; who looks for others with its address has none, and all are told
 */
export function writeAdvertisement(
  view: DataView,
  at: number,
  target: Readonly<AddressWords>,
  source: Readonly<AddressWords>,
  mac: number,
): void {
  const message = at + ipv6.HEADER_LENGTH;
  const isSolicited = source.some((word) => word !== 0);
  ipv6.setClassAndLabel(view, at, 0, 0);
  ipv6.setPayloadLength(view, at, ADVERTISEMENT);
  ipv6.setNextHeader(view, at, ICMPV6);
  ipv6.setHopLimit(view, at, HOP_LIMIT);
  ipv6.setSrc(view, at, target);
  ipv6.setDst(view, at, isSolicited ? source : ALL_NODES);
  view.setUint32(message, icmpv6.NEIGHBOR_ADVERTISEMENT * 0x100_0000);
  view.setUint32(message + FLAGS, 0);
  view.setUint8(message + FLAGS, isSolicited ? SOLICITED | OVERRIDE : OVERRIDE);
  target.forEach((word, index) => void view.setUint32(message + TARGET + 4 * index, word));
  view.setUint8(message + OPTION, TARGET_MAC);
  view.setUint8(message + OPTION + 1, 1);
  writeMac(view, message + OPTION + 2, mac);
  icmpv6.updateChecksum(view, at, message, at + ADVERTISEMENT_LENGTH);
}
