/**
 * The ICMP errors a director sends: port unreachable, time exceeded, fragmentation needed, host
 * unreachable.
 *
 * They come from the address the offending packet was sent to, and only where that is an address of this
 * host; they never answer another error, a later fragment, or what was sent to or from many.
 *
 * Source: RFC 792; RFC 1122 §3.2.2; RFC 1812 §4.3.2; linux icmp.c `__icmp_send` for type of service and
 * how much is quoted.
 *
 * @module
 */
import { ICMP } from "../net/protocol.ts";
import * as checksum from "../wire/checksum.ts";
import { Frame } from "../wire/frame.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import { CONNECTION_FLAG, type ConnectionHandle, NO_CONNECTION } from "./connection-records.ts";
import type { EngineState } from "./engine-state.ts";
import type { Packet } from "./packet.ts";

/** An error message is at most this long, IP header included (RFC 1812 §4.3.2.3). */
const LONGEST = 576;
const HEADERS = ipv4.HEADER_LENGTH + icmpv4.HEADER_LENGTH;
const TTL = 64;
/** Precedence of network control, and the bits of the offending packet that are kept. */
const TOS_CONTROL = 0xc0;
const TOS_KEPT = 0x1e;

/** Sends the ICMP errors of one director. */
export class IcmpErrors {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #frame = new Frame(1024);
  #id = 0;

  constructor(state: EngineState, lifecycle: ConnectionLifecycle) {
    this.#state = state;
    this.#lifecycle = lifecycle;
  }

  /**
   * Answers the packet with an error, unless errors must not answer it.
   *
   * @param rest second word of the ICMP header: the MTU for fragmentation needed, else 0
   * @param connection the connection the packet belongs to, or NO_CONNECTION
   */
  send(
    packet: Packet,
    type: number,
    code: number,
    rest: number,
    connection: ConnectionHandle = NO_CONNECTION,
  ): void {
    if (!this.#mayAnswer(packet)) return;
    const { view } = this.#frame;
    this.#frame.reset();
    const at = this.#frame.start;
    const message = at + ipv4.HEADER_LENGTH;
    const quoted = Math.min(packet.length, LONGEST - HEADERS);
    const end = at + HEADERS + quoted;
    this.#frame.end = end;

    ipv4.setHeaderLength(view, at, ipv4.HEADER_LENGTH);
    ipv4.setTos(view, at, (ipv4.tos(packet.view, packet.network) & TOS_KEPT) | TOS_CONTROL);
    ipv4.setTotalLength(view, at, end - at);
    this.#id = (this.#id + 1) & 0xffff;
    ipv4.setId(view, at, this.#id);
    ipv4.setFragment(view, at, 0);
    ipv4.setTtl(view, at, TTL);
    ipv4.setProtocol(view, at, ICMP);
    ipv4.setSrc(view, at, packet.destination[0]!);
    ipv4.setDst(view, at, packet.source[0]!);
    ipv4.updateHeaderChecksum(view, at);

    icmpv4.setTypeAndCode(view, message, type, code);
    icmpv4.setRest(view, message, rest);
    const quote = message + icmpv4.HEADER_LENGTH;
    for (let index = 0; index < quoted; index++) {
      view.setUint8(quote + index, packet.view.getUint8(packet.network + index));
    }
    icmpv4.setChecksum(view, message, 0);
    icmpv4.setChecksum(view, message, checksum.compute(view, message, end));

    this.#countAsReply(connection, end - at);
    this.#state.emit(this.#frame, 4, packet.source);
  }

  #mayAnswer(packet: Packet): boolean {
    const { view, network } = packet;
    if ((ipv4.fragment(view, network) & ipv4.OFFSET_MASK) !== 0) return false;
    if (!isUnicast(packet.source[0]!)) return false;
    if (packet.protocol === ICMP) {
      const readable = icmpv4.isWhole(packet.transport, packet.end);
      if (!readable || icmpv4.isError(icmpv4.type(view, packet.transport))) return false;
      if (icmpv4.type(view, packet.transport) > icmpv4.LAST_TYPE) return false;
    }
    return this.#state.host.isLocal(4, packet.destination);
  }

  /**
   * The error leaves through the reply handler, where connections whose replies carry the virtual
   * address recognise it as theirs.
   */
  #countAsReply(connection: ConnectionHandle, length: number): void {
    if (connection === NO_CONNECTION) return;
    const flags = this.#state.connections.flags(connection);
    const masquerade = (flags & CONNECTION_FLAG.methodMask) === 0;
    if (!masquerade && (flags & CONNECTION_FLAG.onePacket) === 0) {
      this.#lifecycle.countOut(connection, length);
    }
  }
}

/** Whether an IPv4 address can be one host's: not 0.0.0.0, multicast, or broadcast. */
function isUnicast(address: number): boolean {
  return address !== 0 && address >>> 28 !== 0xe && address !== 0xffffffff;
}
