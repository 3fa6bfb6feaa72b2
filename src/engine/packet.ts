/**
 * One packet as the engine sees it: a view on a frame, parsed once and used again for the next.
 *
 * It is also how the engine sees a packet that an ICMP error quotes. A quoted packet has travelled the
 * other way, so its two ends change places: who sent it is not who would send the next one. `sender` and
 * `receiver` are the ends with that taken into account.
 *
 * @module
 */
import type { AddressWords, Family } from "../net/address.ts";
import { hasPorts } from "../net/protocol.ts";
import { Frame } from "../wire/frame.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as extensions from "../wire/ipv6-extensions.ts";
import { segmentLength } from "../wire/offload.ts";
import type { ScheduleRequest } from "./scheduler.ts";
import { REASON } from "./verdict.ts";

/** `Packet.parse` found nothing wrong. */
export const WHOLE = -1;

/** `Packet.protocol` of an IPv6 packet whose chain of headers breaks off. */
export const NO_PROTOCOL = -1;

/** Where in the host a packet meets the director. Source: linux/netfilter.h `enum nf_inet_hooks`. */
export const HOOK = {
  /** It has come from the network and is for this host. */
  localIn: 0,
  /** This host is passing it on. */
  forward: 1,
  /** This host is sending it. */
  localOut: 2,
} as const;

/** One of the `HOOK` numbers. */
export type Hook = (typeof HOOK)[keyof typeof HOOK];

/** First byte of an IPv4 header without options. */
const PLAIN_IPV4 = 0x45;

/** Bytes that hold both ports. */
const PORT_BYTES = 4;

/** The packet at hand. All fields are those of the last `parse` or `parseQuoted`. */
export class Packet implements ScheduleRequest {
  frame: Frame = new Frame(0);
  view: DataView = this.frame.view;
  family: Family = 4;
  hook: Hook = HOOK.localIn;
  /** First byte of the IP header. */
  network = 0;
  /** First byte of the transport header, behind IPv6's extension headers. */
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
  /** Where it belongs in the packet it is a fragment of, in bytes; 0 for a first fragment too. */
  fragmentOffset = 0;
  /** Whether more fragments follow. */
  moreFragments = false;
  /** First byte of an IPv6 fragment header, or -1. */
  fragmentHeader = -1;
  /** Firewall mark, 0 for none. */
  mark = 0;
  /** Whether it is quoted by an error about it, and travelled towards the error's sender. */
  quoted = false;
  /** Whether it is an ICMP error being relayed: no further error answers it. */
  relayedError = false;
  readonly #walk = extensions.newWalk();

  /** Length of the IP packet, in bytes. */
  get length(): number {
    return this.end - this.network;
  }

  /** Length of the longest packet it is to be sent in, in bytes: its own, or that of its segments. */
  get segmentLength(): number {
    const { segmentSize } = this.frame;
    return segmentSize === 0 ? this.length : segmentLength(this.frame, this.network);
  }

  /** Whether it is a piece of a larger packet, the first piece included. */
  get fragment(): boolean {
    return this.moreFragments || this.fragmentOffset !== 0;
  }

  /** The end that would send the next packet of this direction, 4 words. */
  get senderAddress(): Readonly<AddressWords> {
    return this.quoted ? this.destination : this.source;
  }

  get senderPort(): number {
    return this.quoted ? this.destinationPort : this.sourcePort;
  }

  /** The other end, 4 words. */
  get receiverAddress(): Readonly<AddressWords> {
    return this.quoted ? this.source : this.destination;
  }

  get receiverPort(): number {
    return this.quoted ? this.sourcePort : this.destinationPort;
  }

  get clientAddress(): Readonly<AddressWords> {
    return this.senderAddress;
  }

  get clientPort(): number {
    return this.senderPort;
  }

  get destinationAddress(): Readonly<AddressWords> {
    return this.destination;
  }

  /**
   * Reads the packet in `frame`. Bytes behind the length the IP header claims are cut off the frame.
   *
   * @returns WHOLE, or the reason it is to be dropped
   */
  parse(frame: Frame, hook: Hook): number {
    this.frame = frame;
    this.view = frame.view;
    this.hook = hook;
    this.network = frame.start;
    this.mark = frame.mark;
    this.quoted = false;
    this.relayedError = false;
    const { view, network } = this;
    if (frame.end - network >= ipv4.HEADER_LENGTH && view.getUint8(network) === PLAIN_IPV4) {
      return this.#readPlain4(view, network, frame);
    }
    if (frame.length > 0 && ipv6.version(view, network) === 6) {
      if (!ipv6.isWhole(view, network, frame.end)) return REASON["malformed-header"];
      this.end = network + ipv6.totalLength(view, network);
      frame.end = this.end;
      this.#read6();
      return WHOLE;
    }
    if (!ipv4.isWhole(view, network, frame.end)) return REASON["malformed-header"];
    if (!ipv4.checksumIsRight(view, network)) return REASON["bad-header-checksum"];
    this.end = network + ipv4.totalLength(view, network);
    frame.end = this.end;
    this.#read4();
    return WHOLE;
  }

  /**
   * Reads the packet of the same family that stands in `outer` from `at` on. It may be cut off, and its
   * checksum is not looked at.
   *
   * @param quoted whether it travelled towards the sender of `outer`
   * @returns whether there is a header to read
   */
  parseQuoted(outer: Packet, at: number, quoted: boolean): boolean {
    this.frame = outer.frame;
    this.view = outer.view;
    this.hook = outer.hook;
    this.network = at;
    this.mark = outer.mark;
    this.quoted = quoted;
    this.relayedError = false;
    this.end = outer.end;
    const { view, end } = this;
    if (outer.family === 4) {
      if (at + ipv4.HEADER_LENGTH > end || ipv4.version(view, at) !== 4) return false;
      const header = ipv4.headerLength(view, at);
      if (header < ipv4.HEADER_LENGTH || at + header > end) return false;
      this.#read4();
    } else {
      if (at + ipv6.HEADER_LENGTH > end || ipv6.version(view, at) !== 6) return false;
      this.#read6();
    }
    return true;
  }

  /** Whether the bytes of the packet from `at` on, `length` of them, are there. */
  has(at: number, length: number): boolean {
    return at + length <= this.end;
  }

  /** Reads an IPv4 header without options, which nearly all are, in five words; see `parse`. */
  #readPlain4(view: DataView, network: number, frame: Frame): number {
    const lengths = view.getInt32(network);
    const fragment = view.getInt32(network + 4);
    const carried = view.getInt32(network + 8);
    const source = view.getInt32(network + 12);
    const destination = view.getInt32(network + 16);
    const length = lengths & 0xffff;
    const transport = network + ipv4.HEADER_LENGTH;
    const end = network + length;
    if (end < transport || end > frame.end) return REASON["malformed-header"];
    let sum = (lengths >>> 16) + length + (fragment >>> 16) + (fragment & 0xffff);
    sum += (carried >>> 16) + (carried & 0xffff) + (source >>> 16) + (source & 0xffff);
    sum += (destination >>> 16) + (destination & 0xffff);
    sum = (sum & 0xffff) + (sum >>> 16);
    if (sum !== 0xffff) return REASON["bad-header-checksum"];
    frame.end = end;
    this.end = end;
    if (this.family === 6) this.#clearAddresses();
    this.family = 4;
    this.transport = transport;
    const protocol = (carried >>> 16) & 0xff;
    this.protocol = protocol;
    this.source[0] = source;
    this.destination[0] = destination;
    const offset = fragment & ipv4.OFFSET_MASK;
    this.fragmentOffset = offset * 8;
    this.moreFragments = (fragment & ipv4.MORE_FRAGMENTS) !== 0;
    this.fragmentHeader = -1;
    const readable = offset === 0 && end - transport >= PORT_BYTES && hasPorts(protocol);
    const ports = readable ? view.getInt32(transport) : 0;
    this.portsReadable = readable;
    this.sourcePort = ports >>> 16;
    this.destinationPort = ports & 0xffff;
    return WHOLE;
  }

  #read4(): void {
    const { view, network } = this;
    if (this.family === 6) this.#clearAddresses();
    this.family = 4;
    this.transport = network + ipv4.headerLength(view, network);
    this.protocol = ipv4.protocol(view, network);
    this.source[0] = ipv4.src(view, network);
    this.destination[0] = ipv4.dst(view, network);
    const fragment = ipv4.fragment(view, network);
    this.fragmentOffset = (fragment & ipv4.OFFSET_MASK) * 8;
    this.moreFragments = (fragment & ipv4.MORE_FRAGMENTS) !== 0;
    this.fragmentHeader = -1;
    this.#readPorts();
  }

  #read6(): void {
    const { view, network } = this;
    const walk = this.#walk;
    this.family = 6;
    const readable = extensions.walk(view, network, this.end, walk);
    this.transport = walk.transport;
    this.protocol = readable ? walk.protocol : NO_PROTOCOL;
    ipv6.readSrc(view, network, this.source);
    ipv6.readDst(view, network, this.destination);
    this.fragmentOffset = walk.fragmentOffset;
    this.moreFragments = walk.moreFragments;
    this.fragmentHeader = walk.fragment;
    this.#readPorts();
  }

  #readPorts(): void {
    const { transport } = this;
    const readable =
      this.fragmentOffset === 0 && this.has(transport, PORT_BYTES) && hasPorts(this.protocol);
    const ports = readable ? this.view.getUint32(transport) : 0;
    this.portsReadable = readable;
    this.sourcePort = ports >>> 16;
    this.destinationPort = ports & 0xffff;
  }

  /** Words 1–3 of an IPv4 address are 0: those of the packets before are, unless it was of IPv6. */
  #clearAddresses(): void {
    this.source.fill(0);
    this.destination.fill(0);
  }
}
