/**
 * The packet that an ICMP or ICMPv6 error is about, as far as lines tell of it.
 *
 * @module
 */
import { hasPorts } from "../net/protocol.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import { newWalk, walk } from "./ipv6-extensions.ts";
import { addressText } from "./text-words.ts";

/** What stands for an address that is not quoted. */
export const UNKNOWN = "?";

/** Ends of the packet an error is about; `UNKNOWN` where too little is quoted. */
export interface Quoted {
  readonly from: string;
  readonly to: string;
  /** Behind the extension headers of IPv6. */
  readonly protocol: number;
  /** Destination port; `undefined` where the protocol has none, or too little is quoted. */
  readonly port: number | undefined;
}

const NOTHING: Quoted = { from: UNKNOWN, to: UNKNOWN, protocol: 0, port: undefined };
/** Place of the destination port in a transport header, and the first byte behind it. */
const DESTINATION_PORT = 2;
const PORTS_LENGTH = 4;

/** Returns what is quoted in `[at, end)`. */
export function quotedPacket(view: DataView, at: number, end: number): Quoted {
  const version = at < end ? view.getUint8(at) >>> 4 : 0;
  if (version === 4 && end - at >= ipv4.HEADER_LENGTH) {
    const first = (ipv4.fragment(view, at) & ipv4.OFFSET_MASK) === 0;
    const protocol = ipv4.protocol(view, at);
    const transport = at + ipv4.headerLength(view, at);
    return {
      from: addressText(view, at + 12, 4),
      to: addressText(view, at + 16, 4),
      protocol,
      port: first ? portAt(view, transport, end, protocol) : undefined,
    };
  }
  if (version === 6 && end - at >= ipv6.HEADER_LENGTH) {
    const way = newWalk();
    const arrived = walk(view, at, end, way) && way.fragmentOffset === 0;
    return {
      from: addressText(view, at + 8, 16),
      to: addressText(view, at + 24, 16),
      protocol: way.protocol,
      port: arrived ? portAt(view, way.transport, end, way.protocol) : undefined,
    };
  }
  return NOTHING;
}

function portAt(view: DataView, at: number, end: number, protocol: number): number | undefined {
  const isThere = hasPorts(protocol) && at + PORTS_LENGTH <= end;
  return isThere ? view.getUint16(at + DESTINATION_PORT) : undefined;
}
