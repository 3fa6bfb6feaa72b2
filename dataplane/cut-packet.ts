/**
 * Packets of which a capture has only the beginning.
 *
 * @module
 */
import { ICMP, ICMPV6, SCTP, TCP } from "../src/net/protocol.ts";
import * as checksum from "../src/wire/checksum.ts";
import type { Frame } from "../src/wire/frame.ts";
import * as icmpv4 from "../src/wire/icmpv4.ts";
import * as icmpv6 from "../src/wire/icmpv6.ts";
import * as ipv4 from "../src/wire/ipv4.ts";
import * as ipv6 from "../src/wire/ipv6.ts";
import { newWalk, walk } from "../src/wire/ipv6-extensions.ts";
import * as sctp from "../src/wire/sctp.ts";
import * as tcp from "../src/wire/tcp.ts";

/** Bytes of any other transport header that are decided on: ports, or a security association. */
const LEAST = 8;

/** Where the transport header of a packet is, as far as the packet is there. */
interface Transport {
  readonly protocol: number;
  readonly at: number;
  /** Whether there is a header: a later fragment has none. */
  readonly isHeader: boolean;
  /** Whether the packet is a piece of a larger one, the first piece included. */
  readonly isFragment: boolean;
}

/**
 * Whether the beginning `[at, end)` of a packet holds everything that is decided on: addresses, ports,
 * flags of TCP, the first chunk of SCTP, and the same of the packet that an ICMP error quotes.
 */
export function isDecidable(view: DataView, at: number, end: number): boolean {
  const transport = transportIn(view, at, end);
  if (transport === undefined) return false;
  const { protocol, at: header, isHeader } = transport;
  if (!isHeader) return true;
  if (header + needed(protocol) > end) return false;
  if (!quotes(view, protocol, header)) return true;
  const quoted = transportIn(view, header + icmpv4.HEADER_LENGTH, end);
  return quoted !== undefined && (!quoted.isHeader || quoted.at + LEAST <= end);
}

/**
 * Adds zeros for the missing bytes of a packet. What covers them and is looked at before a packet is decided
 * on, the checksum of an ICMP message, is made right, as it is taken to have been.
 *
 * @param missing how many, so that the frame has room for them
 */
export function restore(frame: Frame, missing: number): void {
  const { view } = frame;
  frame.bytes.fill(0, frame.end, frame.end + missing);
  frame.end += missing;
  const transport = transportIn(view, frame.start, frame.end);
  if (missing === 0 || transport === undefined || transport.isFragment) return;
  const { protocol, at } = transport;
  if (protocol === ICMP) {
    icmpv4.setChecksum(view, at, 0);
    icmpv4.setChecksum(view, at, checksum.compute(view, at, frame.end));
  } else if (protocol === ICMPV6) {
    icmpv6.updateChecksum(view, frame.start, at, frame.end);
  }
}

function transportIn(view: DataView, at: number, end: number): Transport | undefined {
  const version = at < end ? view.getUint8(at) >>> 4 : 0;
  if (version === 4 && end - at >= ipv4.HEADER_LENGTH) {
    const isHeader = (ipv4.fragment(view, at) & ipv4.OFFSET_MASK) === 0;
    const header = at + ipv4.headerLength(view, at);
    if (header > end) return undefined;
    const isFragment = ipv4.isFragment(view, at);
    return { protocol: ipv4.protocol(view, at), at: header, isHeader, isFragment };
  }
  if (version === 6 && end - at >= ipv6.HEADER_LENGTH) {
    const way = newWalk();
    if (!walk(view, at, end, way)) return undefined;
    const isHeader = way.fragmentOffset === 0;
    const isFragment = !isHeader || way.moreFragments;
    return { protocol: way.protocol, at: way.transport, isHeader, isFragment };
  }
  return undefined;
}

function needed(protocol: number): number {
  if (protocol === TCP) return tcp.HEADER_LENGTH;
  return protocol === SCTP ? sctp.HEADER_LENGTH + sctp.CHUNK_HEADER_LENGTH : LEAST;
}

function quotes(view: DataView, protocol: number, at: number): boolean {
  if (protocol === ICMP) return icmpv4.isError(icmpv4.type(view, at));
  return protocol === ICMPV6 && icmpv6.isError(icmpv6.type(view, at));
}
