/**
 * One packet as the engine sees it: a view on a frame, parsed once and used again for the next.
 *
 * @module
 */
import type { AddressWords, Family } from "../net/address.ts";
import { hasPorts } from "../net/protocol.ts";
import { Frame } from "../wire/frame.ts";
import * as ipv4 from "../wire/ipv4.ts";
import type { ScheduleRequest } from "./scheduler.ts";
import { REASON } from "./verdict.ts";

/** `Packet.parse` found nothing wrong. */
export const WHOLE = -1;

/** Bytes that hold both ports. */
const PORT_BYTES = 4;

/** The packet at hand. All fields are those of the last `parse`. */
export class Packet implements ScheduleRequest {
  frame: Frame = new Frame(0);
  view: DataView = this.frame.view;
  family: Family = 4;
  /** First byte of the IP header. */
  network = 0;
  /** First byte of the transport header. */
  transport = 0;
  /** One past the last byte of the packet. */
  end = 0;
  protocol = 0;
  readonly source: AddressWords = new Uint32Array(4);
  readonly destination: AddressWords = new Uint32Array(4);
  /** 0 where the protocol has none, or they are not there: see `portsReadable`. */
  sourcePort = 0;
  destinationPort = 0;
  portsReadable = false;
  /** Whether it is a piece of a larger packet, the first piece included. */
  fragment = false;
  /** Firewall mark, 0 for none. */
  mark = 0;

  /** Length of the IP packet, in bytes. */
  get length(): number {
    return this.end - this.network;
  }

  get clientAddress(): Readonly<AddressWords> {
    return this.source;
  }

  get clientPort(): number {
    return this.sourcePort;
  }

  get destinationAddress(): Readonly<AddressWords> {
    return this.destination;
  }

  /**
   * Reads the packet in `frame`. Bytes behind the length the IP header claims are cut off the frame.
   *
   * @returns WHOLE, or the reason it goes no further: an IPv6 packet is the host's, any other is dropped
   */
  parse(frame: Frame): number {
    this.frame = frame;
    this.view = frame.view;
    this.network = frame.start;
    this.mark = frame.mark;
    const { view, network } = this;
    if (frame.length > 0 && ipv4.version(view, network) === 6) return REASON["ipv6-unsupported"];
    if (!ipv4.isWhole(view, network, frame.end)) return REASON["malformed-header"];
    if (!ipv4.checksumIsRight(view, network)) return REASON["bad-header-checksum"];
    this.family = 4;
    this.end = network + ipv4.totalLength(view, network);
    frame.end = this.end;
    this.transport = network + ipv4.headerLength(view, network);
    this.protocol = ipv4.protocol(view, network);
    this.source[0] = ipv4.src(view, network);
    this.destination[0] = ipv4.dst(view, network);
    this.fragment = ipv4.isFragment(view, network);
    this.portsReadable =
      hasPorts(this.protocol) &&
      this.transport + PORT_BYTES <= this.end &&
      (ipv4.fragment(view, network) & ipv4.OFFSET_MASK) === 0;
    this.sourcePort = this.portsReadable ? view.getUint16(this.transport) : 0;
    this.destinationPort = this.portsReadable ? view.getUint16(this.transport + 2) : 0;
    return WHOLE;
  }
}
