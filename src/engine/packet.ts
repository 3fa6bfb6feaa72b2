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

  #read4(): void {
    const { view, network } = this;
    this.family = 4;
    this.transport = network + ipv4.headerLength(view, network);
    this.protocol = ipv4.protocol(view, network);
    this.source[0] = ipv4.src(view, network);
    this.destination[0] = ipv4.dst(view, network);
    for (let word = 1; word < 4; word++) {
      this.source[word] = 0;
      this.destination[word] = 0;
    }
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
    this.portsReadable =
      hasPorts(this.protocol) && this.has(this.transport, PORT_BYTES) && this.fragmentOffset === 0;
    this.sourcePort = this.portsReadable ? this.view.getUint16(this.transport) : 0;
    this.destinationPort = this.portsReadable ? this.view.getUint16(this.transport + 2) : 0;
  }
}
