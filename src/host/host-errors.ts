/**
 * The ICMP errors of the host around a director: which packets they answer, and in whose name.
 *
 * Source: RFC 1122 §3.2.2, RFC 1812 §4.3.2, RFC 4443 §2.4; linux icmp.c `__icmp_send`, ipv6/icmp.c
 * `icmp6_send`.
 *
 * @module
 */
import type { AddressWords } from "../net/address.ts";
import { ICMP, ICMPV6 } from "../net/protocol.ts";
import type { Frame } from "../wire/frame.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import { writeError } from "./answers.ts";
import { HEADERS } from "./extension-headers.ts";
import type { HostPacket } from "./host-packet.ts";
import { type RouteEntry, type Routing, refuses } from "./routing.ts";
import { isLimitedBroadcast, isMulticast, isUnspecified } from "./special-addresses.ts";

/** Codes of time exceeded, in both families (RFC 792, RFC 4443 §3.3). */
export const HOPS_EXCEEDED = 0;
export const REASSEMBLY_TIME_EXCEEDED = 1;
/** Code of ICMPv6 unreachable for a source no router may take on (RFC 4443 §3.1). */
export const BEYOND_SCOPE = 2;

/** Codes of unreachable where a route prohibits (RFC 1812 §5.2.7.1, RFC 4443 §3.1), and without route. */
const PROHIBITED = 13;
const PROHIBITED_6 = 1;
const NET_UNREACHABLE = 0;

/** Sends the errors of one host. */
export class HostErrors {
  readonly #routing: Routing;
  readonly #answer: Frame;
  readonly #sendAnswer: () => void;
  #id: number;

  /**
   * @param answer frame that errors are written into
   * @param id IPv4 identification before the first
   * @param sendAnswer sends what was written
   */
  constructor(routing: Routing, answer: Frame, id: number, sendAnswer: () => void) {
    this.#routing = routing;
    this.#answer = answer;
    this.#id = id;
    this.#sendAnswer = sendAnswer;
  }

  /** Returns the next IPv4 identification of a packet this host makes. */
  nextId(): number {
    this.#id = (this.#id + 1) & 0xffff;
    return this.#id;
  }

  /** Answers a packet that has no route, or one that refuses it. */
  unreachable(packet: HostPacket, route: RouteEntry | undefined): void {
    const prohibited = route?.type === "prohibit";
    if (packet.family === 6) {
      const code = prohibited ? PROHIBITED_6 : icmpv6.NO_ROUTE;
      this.send(packet, icmpv6.UNREACHABLE, code, 0);
      return;
    }
    const code = route === undefined ? NET_UNREACHABLE : icmpv4.HOST_UNREACHABLE;
    this.send(packet, icmpv4.UNREACHABLE, prohibited ? PROHIBITED : code, 0);
  }

  /** Answers a packet that is larger than its way takes. */
  tooBig(packet: HostPacket, mtu: number): void {
    if (packet.family === 6) this.send(packet, icmpv6.PACKET_TOO_BIG, 0, mtu);
    else this.send(packet, icmpv4.UNREACHABLE, icmpv4.FRAGMENTATION_NEEDED, mtu);
  }

  /** Answers a packet whose hops, or whose time to become whole, are over. */
  timeExceeded(packet: HostPacket, code: number): void {
    const type = packet.family === 4 ? icmpv4.TIME_EXCEEDED : icmpv6.TIME_EXCEEDED;
    this.send(packet, type, code, 0);
  }

  /**
   * Answers a packet with an error, unless errors must not answer it.
   *
   * @param rest second word of the ICMP header
   */
  send(packet: HostPacket, type: number, code: number, rest: number): void {
    if (!this.#mayAnswer(packet, type, code)) return;
    const back = this.#routing.find(packet.family, packet.source, 0);
    if (back === undefined || refuses(back)) return;
    const source = this.#sourceOf(packet, back);
    writeError(this.#answer, packet, source, back.mtu, this.nextId(), type, code, rest);
    this.#sendAnswer();
  }

  #mayAnswer(packet: HostPacket, type: number, code: number): boolean {
    const { family, source, destination } = packet;
    if (isMulticast(family, source) || isUnspecified(source)) return false;
    if (family === 4) {
      if (packet.laterFragment || isMulticast(4, destination)) return false;
      if (isLimitedBroadcast(destination)) return false;
      if (this.#routing.inLocalTable(4, destination) === "broadcast") return false;
    } else if (isMulticast(6, destination)) {
      const always = type === icmpv6.PARAMETER_PROBLEM && code === HEADERS.unknownOption;
      if (type !== icmpv6.PACKET_TOO_BIG && !always) return false;
    }
    return !isIcmpError(packet);
  }

  /** Returns the address an error about the packet comes from. */
  #sourceOf(packet: HostPacket, back: RouteEntry): Readonly<AddressWords> {
    const { family, destination, frame } = packet;
    if (this.#routing.inLocalTable(family, destination) === "local") return destination;
    // Of a packet that was routed here as if to an address of its own, Linux would speak in its name.
    if (family === 4 && this.#routing.find(4, destination, frame.mark)?.local) return destination;
    return this.#routing.sourceFor(back, packet.source);
  }
}

/** Whether the packet is an ICMP error, or cannot be told from one. */
function isIcmpError(packet: HostPacket): boolean {
  const { family, protocol, view, transport, end, laterFragment } = packet;
  if (protocol !== (family === 4 ? ICMP : ICMPV6)) return false;
  if (transport >= end || laterFragment) return !laterFragment;
  const type = icmpv4.type(view, transport);
  if (family === 6) return icmpv6.isError(type);
  return icmpv4.isError(type) || type > icmpv4.LAST_TYPE;
}
