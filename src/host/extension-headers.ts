/**
 * What a host does with the IPv6 extension headers of a packet that has arrived.
 *
 * Options it does not know are skipped, end the packet, or are answered, as their type asks; a routing
 * header must have no segments left.
 *
 * Source: RFC 8200 §4.2–4.4; linux exthdrs.c `ip6_parse_tlv`, `ipv6_rthdr_rcv`.
 *
 * @module
 */
import * as ipv6 from "../wire/ipv6.ts";
import {
  DESTINATION_OPTIONS,
  FRAGMENT,
  FRAGMENT_HEADER_LENGTH,
  HOP_BY_HOP,
  ROUTING,
} from "../wire/ipv6-extensions.ts";

/** Codes of the ICMPv6 parameter problem (RFC 4443 §3.4), and what else may become of a packet. */
export const HEADERS = {
  fine: -1,
  /** It ends in silence. */
  discard: -2,
  erroneousField: 0,
  unknownNextHeader: 1,
  unknownOption: 2,
} as const;

const PAD_1 = 0;
const PAD_N = 1;
const ROUTER_ALERT = 5;
/** Bits of an option's type that say what to do where it is not known. */
const ACTION_SHIFT = 6;
const ACTION_SKIP = 0;
const ACTION_DISCARD = 1;
const ACTION_ANSWER_UNICAST = 3;
const ROUTING_TYPE = 2;
const SEGMENTS_LEFT = 3;

/** Walks over the extension headers of one packet at a time. */
export class ExtensionHeaders {
  /** Number of the header that is none of these, after a walk. */
  protocol = 0;
  /** Its first byte. */
  transport = 0;
  /** Byte of the packet that is at fault, or the next-header field that named `protocol`. */
  pointer = 0;

  /**
   * Walks to the first header that is no extension header.
   *
   * @param at first byte of the packet
   * @param end one past its last
   * @param multicast whether it was for many
   * @param hopByHopOnly whether to look at hop-by-hop options only, as routers do
   * @returns a number of `HEADERS`
   */
  walk(view: DataView, at: number, end: number, multicast: boolean, hopByHopOnly: boolean): number {
    this.protocol = ipv6.nextHeader(view, at);
    this.transport = at + ipv6.HEADER_LENGTH;
    this.pointer = 6;
    for (let first = true; ; first = false) {
      const header = this.transport;
      const number = this.protocol;
      // Hop-by-hop options count right behind the fixed header only.
      if (number === HOP_BY_HOP ? !first : !isKnown(number)) return HEADERS.fine;
      if (hopByHopOnly && number !== HOP_BY_HOP) return HEADERS.fine;
      if (header + 8 > end) return HEADERS.discard;
      const length =
        number === FRAGMENT ? FRAGMENT_HEADER_LENGTH : (view.getUint8(header + 1) + 1) * 8;
      if (header + length > end) return HEADERS.discard;
      if (number === ROUTING && view.getUint8(header + SEGMENTS_LEFT) !== 0) {
        this.pointer = header + ROUTING_TYPE - at;
        return HEADERS.erroneousField;
      }
      if (number === HOP_BY_HOP || number === DESTINATION_OPTIONS) {
        const problem = this.#options(view, at, header + 2, header + length, multicast);
        if (problem !== HEADERS.fine) return problem;
      }
      this.protocol = view.getUint8(header);
      this.pointer = header - at;
      this.transport = header + length;
    }
  }

  /** Reads the options in bytes `[from, to)`. */
  #options(view: DataView, at: number, from: number, to: number, multicast: boolean): number {
    for (let option = from; option < to; ) {
      const type = view.getUint8(option);
      if (type === PAD_1) {
        option++;
        continue;
      }
      if (option + 2 > to) return HEADERS.discard;
      const length = view.getUint8(option + 1) + 2;
      if (option + length > to) return HEADERS.discard;
      const action = type >>> ACTION_SHIFT;
      if (type !== PAD_N && type !== ROUTER_ALERT && action !== ACTION_SKIP) {
        if (action === ACTION_DISCARD) return HEADERS.discard;
        if (action === ACTION_ANSWER_UNICAST && multicast) return HEADERS.discard;
        this.pointer = option - at;
        return HEADERS.unknownOption;
      }
      option += length;
    }
    return HEADERS.fine;
  }
}

function isKnown(number: number): boolean {
  return number === ROUTING || number === FRAGMENT || number === DESTINATION_OPTIONS;
}
