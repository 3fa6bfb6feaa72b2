/**
 * The ICMP errors a director sends: port unreachable, time exceeded, packet too big, no route.
 *
 * They never answer another error, a later fragment, or what was sent to or from many. An IPv4 error about
 * a packet for this host comes from the address it was sent to, and only where that is an address of this
 * host: traffic a policy rule has brought in gets none. An IPv6 error comes from that address where it
 * is this host's, else from the one this host sends from.
 *
 * Source: RFC 792; RFC 1122 §3.2.2; RFC 1812 §4.3.2; RFC 4443 §2.2, §2.4; linux icmp.c `__icmp_send`,
 * net/ipv6/icmp.c `icmp6_send` for source, type of service and how much is quoted.
 *
 * @module
 */
import type { AddressWords } from "../net/address.ts";
import { ICMP, ICMPV6 } from "../net/protocol.ts";
import * as checksum from "../wire/checksum.ts";
import { Frame } from "../wire/frame.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import { findReply } from "./connection-lookup.ts";
import { CONNECTION_FLAG, NO_CONNECTION } from "./connection-records.ts";
import type { EngineState } from "./engine-state.ts";
import { HOOK, type Packet } from "./packet.ts";

/** An IPv4 error is at most this long, IP header included (RFC 1812 §4.3.2.3). */
const LONGEST_4 = 576;
/** An IPv6 error is at most as long as every link takes (RFC 4443 §2.4 c). */
const LONGEST_6 = ipv6.LEAST_MTU;
const HOPS = 64;
/** Precedence of network control, and the bits of the offending packet that are kept. */
const TOS_CONTROL = 0xc0;
const TOS_KEPT = 0x1e;

/** Sends the ICMP errors of one director. */
export class IcmpErrors {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #frame = new Frame(2048);
  readonly #source = new Uint32Array(4);
  #id = 0;

  constructor(state: EngineState, lifecycle: ConnectionLifecycle) {
    this.#state = state;
    this.#lifecycle = lifecycle;
  }

  /** Says that nobody takes the packet. */
  portUnreachable(packet: Packet): void {
    if (packet.family === 4) this.send(packet, icmpv4.UNREACHABLE, icmpv4.PORT_UNREACHABLE, 0);
    else this.send(packet, icmpv6.UNREACHABLE, icmpv6.PORT_UNREACHABLE, 0);
  }

  /** Says that there is no way to the packet's real server. */
  noRoute(packet: Packet): void {
    if (packet.family === 4) this.send(packet, icmpv4.UNREACHABLE, icmpv4.HOST_UNREACHABLE, 0);
    else this.send(packet, icmpv6.UNREACHABLE, icmpv6.ADDRESS_UNREACHABLE, 0);
  }

  /** Says that the packet may make no further hop. */
  timeExceeded(packet: Packet): void {
    const type = packet.family === 4 ? icmpv4.TIME_EXCEEDED : icmpv6.TIME_EXCEEDED;
    this.send(packet, type, 0, 0);
  }

  /** Says that the packet must be no longer than `mtu` bytes. */
  tooBig(packet: Packet, mtu: number): void {
    if (packet.family === 4) {
      this.send(packet, icmpv4.UNREACHABLE, icmpv4.FRAGMENTATION_NEEDED, mtu & 0xffff);
    } else {
      this.send(packet, icmpv6.PACKET_TOO_BIG, 0, mtu);
    }
  }

  /**
   * Answers the packet with an error of this type and code, unless errors must not answer it.
   *
   * @param rest second word of the ICMP header
   */
  send(packet: Packet, type: number, code: number, rest: number): void {
    const sent =
      packet.family === 4
        ? this.#write4(packet, type, code, rest)
        : this.#write6(packet, type, code, rest);
    if (!sent) return;
    this.#countAsReply(packet, this.#frame.length);
    this.#state.emit(this.#frame, packet.family, packet.source);
  }

  /**
   * Returns the address an error about the packet would come from, or `undefined` where none would be
   * sent. The words are used again by the next call.
   */
  sourceFor(packet: Packet, type: number): Readonly<AddressWords> | undefined {
    const sent =
      packet.family === 4
        ? this.#mayAnswer4(packet) && this.#chooseSource4(packet)
        : mayAnswer6(packet, type) && this.#chooseSource6(packet);
    return sent ? this.#source : undefined;
  }

  #write4(packet: Packet, type: number, code: number, rest: number): boolean {
    if (this.sourceFor(packet, type) === undefined) return false;
    const { view } = this.#frame;
    this.#frame.reset();
    const at = this.#frame.start;
    const message = at + ipv4.HEADER_LENGTH;
    const end = this.#quote(packet, message + icmpv4.HEADER_LENGTH, at + LONGEST_4);
    ipv4.setHeaderLength(view, at, ipv4.HEADER_LENGTH);
    ipv4.setTos(view, at, (ipv4.tos(packet.view, packet.network) & TOS_KEPT) | TOS_CONTROL);
    ipv4.setTotalLength(view, at, end - at);
    this.#id = (this.#id + 1) & 0xffff;
    ipv4.setId(view, at, this.#id);
    ipv4.setFragment(view, at, 0);
    ipv4.setTtl(view, at, HOPS);
    ipv4.setProtocol(view, at, ICMP);
    ipv4.setSrc(view, at, this.#source[0]!);
    ipv4.setDst(view, at, packet.source[0]!);
    ipv4.updateHeaderChecksum(view, at);
    icmpv4.setTypeAndCode(view, message, type, code);
    icmpv4.setRest(view, message, rest);
    icmpv4.setChecksum(view, message, 0);
    icmpv4.setChecksum(view, message, checksum.compute(view, message, end));
    return true;
  }

  #write6(packet: Packet, type: number, code: number, rest: number): boolean {
    if (this.sourceFor(packet, type) === undefined) return false;
    const { view } = this.#frame;
    this.#frame.reset();
    const at = this.#frame.start;
    const message = at + ipv6.HEADER_LENGTH;
    const end = this.#quote(packet, message + icmpv6.HEADER_LENGTH, at + LONGEST_6);
    ipv6.setClassAndLabel(view, at, 0, 0);
    ipv6.setPayloadLength(view, at, end - message);
    ipv6.setNextHeader(view, at, ICMPV6);
    ipv6.setHopLimit(view, at, HOPS);
    ipv6.setSrc(view, at, this.#source);
    ipv6.setDst(view, at, packet.source);
    icmpv6.setTypeAndCode(view, message, type, code);
    icmpv6.setRest(view, message, rest);
    icmpv6.updateChecksum(view, at, message, end);
    return true;
  }

  /** Copies the packet to `to`, as much as fits before `limit`, and returns where the copy ends. */
  #quote(packet: Packet, to: number, limit: number): number {
    const end = Math.min(to + packet.length, limit);
    const { bytes } = this.#frame;
    const from = packet.network - to;
    for (let at = to; at < end; at++) bytes[at] = packet.view.getUint8(at + from);
    this.#frame.end = end;
    return end;
  }

  #mayAnswer4(packet: Packet): boolean {
    const { view } = packet;
    if (packet.fragmentOffset !== 0 || !isUnicast4(packet.source[0]!)) return false;
    if (packet.protocol !== ICMP) return true;
    if (!icmpv4.isWhole(packet.transport, packet.end)) return false;
    const type = icmpv4.type(view, packet.transport);
    return !icmpv4.isError(type) && type <= icmpv4.LAST_TYPE;
  }

  /** Finds the address to answer from; `false` where the host would send nothing. */
  #chooseSource4(packet: Packet): boolean {
    const { host } = this.#state;
    if (packet.hook !== HOOK.forward) {
      this.#source.set(packet.destination);
      return host.isLocal(4, packet.destination);
    }
    return this.#useOwnSource(packet);
  }

  #chooseSource6(packet: Packet): boolean {
    if (!this.#state.host.isLocal(6, packet.destination)) return this.#useOwnSource(packet);
    this.#source.set(packet.destination);
    return true;
  }

  /** The address this host sends from, on the way back to the packet's sender. */
  #useOwnSource(packet: Packet): boolean {
    const route = this.#state.host.route(packet.family, packet.source);
    if (route === undefined) return false;
    this.#source.set(route.source);
    return true;
  }

  /**
   * The error leaves through the reply handler, where connections whose replies carry the virtual
   * address recognise what it quotes as theirs.
   */
  #countAsReply(packet: Packet, length: number): void {
    packet.quoted = !packet.quoted;
    const connection = findReply(this.#state.connections, packet);
    packet.quoted = !packet.quoted;
    if (connection === NO_CONNECTION) return;
    const method = this.#state.connections.flags(connection) & CONNECTION_FLAG.methodMask;
    if (method !== 0) this.#lifecycle.countOut(this.#lifecycle.destination(connection), length);
  }
}

/** Whether an IPv4 address can be one host's: not 0.0.0.0, multicast, or broadcast. */
function isUnicast4(address: number): boolean {
  return address !== 0 && address >>> 28 !== 0xe && address !== 0xffffffff;
}

function mayAnswer6(packet: Packet, type: number): boolean {
  const { source, destination } = packet;
  if (isMulticast6(source) || isUnspecified(source)) return false;
  if (isMulticast6(destination) && type !== icmpv6.PACKET_TOO_BIG) return false;
  if (packet.protocol !== ICMPV6) return true;
  if (packet.fragmentOffset !== 0 || packet.transport >= packet.end) return false;
  return !icmpv6.isError(icmpv6.type(packet.view, packet.transport));
}

function isMulticast6(address: Readonly<AddressWords>): boolean {
  return address[0]! >>> 24 === 0xff;
}

function isUnspecified(address: Readonly<AddressWords>): boolean {
  return (address[0]! | address[1]! | address[2]! | address[3]!) === 0;
}
