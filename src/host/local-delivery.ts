/**
 * What becomes of a packet that has arrived: a listener takes it, or it is answered as Linux answers where
 * nobody listens.
 *
 *     TCP            reset, but never to a reset
 *     UDP            port unreachable
 *     ICMP           reply to an echo request; everything else in silence
 *     tunnels        port unreachable: the recorded kernel has the protocols, but no such tunnel
 *     anything else  protocol unreachable (ICMPv6: parameter problem)
 *
 * Source: linux tcp_ipv4.c `tcp_v4_rcv`, udp.c `__udp4_lib_rcv`, icmp.c `icmp_rcv`, ip_input.c
 * `ip_protocol_deliver_rcu`, and their IPv6 likes; recordings in test/fixtures/host/.
 *
 * @module
 */
import type { AddressWords, Family } from "../net/address.ts";
import { GRE, ICMP, ICMPV6, IPIP, IPV6_IN_IP, TCP, UDP } from "../net/protocol.ts";
import * as checksum from "../wire/checksum.ts";
import type { Frame } from "../wire/frame.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { NO_NEXT_HEADER } from "../wire/ipv6-extensions.ts";
import * as tcp from "../wire/tcp.ts";
import * as udp from "../wire/udp.ts";
import { writeEchoReply, writeReset } from "./answers.ts";
import type { HostDrop } from "./drops.ts";
import { ExtensionHeaders, HEADERS } from "./extension-headers.ts";
import type { HostErrors } from "./host-errors.ts";
import type { HostPacket } from "./host-packet.ts";
import { isAllNodesOrRouters, isMulticast } from "./special-addresses.ts";

const IGMP = 2;
const UDP_LITE = 136;
/** Bytes the kernel wants to see behind the IP header that an ICMP error quotes. */
const LEAST_QUOTED = 8;
/** Bytes the kernel wants to see of a GRE packet over IPv4, and over IPv6. */
const LEAST_GRE = { 4: 12, 6: 4 } as const;

/** What delivery needs of the host it is part of. */
export interface DeliveryHost {
  /** Frame that answers are written into. */
  readonly answer: Frame;
  /** Whether a listener took the packet. */
  readonly listens: (packet: HostPacket) => boolean;
  /** Returns the address a reply comes from, or `undefined` when there is none. */
  readonly sourceOf: (packet: HostPacket) => Readonly<AddressWords> | undefined;
  readonly errors: HostErrors;
  /** Sends the packet in `answer`. */
  readonly send: () => void;
  /** Takes note that the way to an address was reported to take packets of `mtu` bytes only. */
  readonly reportPathMtu: (family: Family, address: Readonly<AddressWords>, mtu: number) => void;
}

/** Takes the packets that have arrived at one host. */
export class LocalDelivery {
  readonly #host: DeliveryHost;
  readonly #headers = new ExtensionHeaders();
  readonly #address = new Uint32Array(4);

  constructor(host: DeliveryHost) {
    this.#host = host;
  }

  /**
   * Takes a whole packet for one of the host's addresses.
   *
   * @param broadcast whether it was for all of a network: then nothing answers it
   * @returns what was missing, or `undefined` when somebody took it
   */
  deliver(packet: HostPacket, broadcast: boolean): HostDrop | undefined {
    if (packet.family === 6) {
      const problem = this.#readHeaders(packet);
      if (problem !== undefined) return problem;
    }
    const problem = this.#check(packet);
    if (problem !== undefined) return problem;
    if (this.#host.listens(packet)) return undefined;
    return broadcast ? "broadcast" : this.#refuse(packet);
  }

  /** Takes a packet for a group; returns whether there is something in it for this host. */
  multicast(packet: HostPacket): boolean {
    if (!isAllNodesOrRouters(packet.destination) || this.#readHeaders(packet)) return false;
    if (packet.protocol !== ICMPV6 || this.#check(packet)) return false;
    return this.#echo(packet);
  }

  /** Walks over IPv6 extension headers as the receiver of a packet does. */
  #readHeaders(packet: HostPacket): HostDrop | undefined {
    const { view, network, end } = packet;
    const headers = this.#headers;
    const many = isMulticast(6, packet.destination);
    const problem = headers.walk(view, network, end, many, false);
    if (problem >= 0)
      this.#host.errors.send(packet, icmpv6.PARAMETER_PROBLEM, problem, headers.pointer);
    if (problem !== HEADERS.fine) return "extension-header";
    packet.protocol = headers.protocol;
    packet.transport = headers.transport;
    return undefined;
  }

  /** Returns what is wrong with the transport header, or `undefined`. */
  #check(packet: HostPacket): HostDrop | undefined {
    switch (packet.protocol) {
      case TCP:
        return checkTcp(packet);
      case UDP:
        return checkUdp(packet);
      case ICMP:
      case ICMPV6:
        return isOwnIcmp(packet) ? checkIcmp(packet) : undefined;
      case GRE:
        return checkLength(packet, LEAST_GRE[packet.family]);
      case UDP_LITE:
        return checkLength(packet, udp.HEADER_LENGTH);
      case IPIP:
        return checkLength(packet, ipv4.HEADER_LENGTH);
      case IPV6_IN_IP:
        return checkLength(packet, ipv6.HEADER_LENGTH);
      default:
        return undefined;
    }
  }

  /** Answers a packet nobody took. */
  #refuse(packet: HostPacket): HostDrop {
    const { family, protocol } = packet;
    switch (protocol) {
      case TCP:
        if ((tcp.flags(packet.view, packet.transport) & tcp.RST) === 0) {
          writeReset(this.#host.answer, packet);
          this.#host.send();
        }
        return "no-listener";
      case UDP:
      case UDP_LITE:
      case GRE:
      case IPIP:
      case IPV6_IN_IP:
        if (family === 4) {
          this.#host.errors.send(packet, icmpv4.UNREACHABLE, icmpv4.PORT_UNREACHABLE, 0);
        } else {
          this.#host.errors.send(packet, icmpv6.UNREACHABLE, icmpv6.PORT_UNREACHABLE, 0);
        }
        return "no-listener";
      case NO_NEXT_HEADER:
        if (family === 6) return "no-listener";
        break;
      case IGMP:
        if (family === 4) return "no-listener";
        break;
      default:
        if (isOwnIcmp(packet)) {
          if (!this.#echo(packet)) this.#learn(packet);
          return "icmp";
        }
    }
    if (family === 4) {
      this.#host.errors.send(packet, icmpv4.UNREACHABLE, icmpv4.PROTOCOL_UNREACHABLE, 0);
    } else {
      const { pointer } = this.#headers;
      this.#host.errors.send(packet, icmpv6.PARAMETER_PROBLEM, icmpv6.UNKNOWN_NEXT_HEADER, pointer);
    }
    return "unknown-protocol";
  }

  /** Answers an echo request, and returns whether it was one. */
  #echo(packet: HostPacket): boolean {
    const request = packet.family === 4 ? icmpv4.ECHO_REQUEST : icmpv6.ECHO_REQUEST;
    if (icmpv4.type(packet.view, packet.transport) !== request) return false;
    const source = this.#host.sourceOf(packet);
    if (source === undefined) return true;
    writeEchoReply(this.#host.answer, packet, source, this.#host.errors.nextId());
    this.#host.send();
    return true;
  }

  /**
   * Learns from a report that a packet of this host's ICMP was too big for its way. Of other protocols the
   * sockets learn, of which there are none. Source: linux icmp.c `icmp_err`, ipv6/icmp.c `icmpv6_err`.
   */
  #learn(packet: HostPacket): void {
    const { view, transport, end, family } = packet;
    const type = icmpv4.type(view, transport);
    const quoted = transport + icmpv4.HEADER_LENGTH;
    const mtu = icmpv4.rest(view, transport);
    if (family === 6) {
      if (type !== icmpv6.PACKET_TOO_BIG || end - quoted < ipv6.HEADER_LENGTH + LEAST_QUOTED)
        return;
      if (ipv6.nextHeader(view, quoted) !== ICMPV6) return;
      ipv6.readDst(view, quoted, this.#address);
    } else {
      if (type !== icmpv4.UNREACHABLE) return;
      if (icmpv4.code(view, transport) !== icmpv4.FRAGMENTATION_NEEDED) return;
      if (end - quoted < ipv4.HEADER_LENGTH + LEAST_QUOTED) return;
      const inner = quoted + ipv4.headerLength(view, quoted);
      if (inner + LEAST_QUOTED > end || ipv4.protocol(view, quoted) !== ICMP) return;
      if (icmpv4.type(view, inner) !== icmpv4.ECHO_REPLY) return;
      this.#address.fill(0);
      this.#address[0] = ipv4.dst(view, quoted);
    }
    this.#host.reportPathMtu(family, this.#address, family === 6 ? mtu : mtu & 0xffff);
  }
}

/** Whether the packet carries the ICMP of its own family. */
function isOwnIcmp({ family, protocol }: HostPacket): boolean {
  return protocol === (family === 4 ? ICMP : ICMPV6);
}

function checkTcp(packet: HostPacket): HostDrop | undefined {
  const { view, transport, end } = packet;
  if (!tcp.isWhole(transport, end)) return "truncated-transport";
  const header = tcp.headerLength(view, transport);
  if (header < tcp.HEADER_LENGTH || transport + header > end) return "truncated-transport";
  return sumIsRight(packet, TCP) ? undefined : "bad-transport-checksum";
}

function checkUdp(packet: HostPacket): HostDrop | undefined {
  const { view, transport, end, family } = packet;
  if (!udp.isWhole(transport, end)) return "truncated-transport";
  const length = udp.length(view, transport);
  if (length < udp.HEADER_LENGTH || transport + length > end) return "truncated-transport";
  // What stands behind the datagram is no part of it, and is not quoted.
  packet.end = transport + length;
  packet.frame.end = packet.end;
  if (udp.checksum(view, transport) === 0) {
    return family === 4 ? undefined : "bad-transport-checksum";
  }
  return sumIsRight(packet, UDP) ? undefined : "bad-transport-checksum";
}

function checkIcmp(packet: HostPacket): HostDrop | undefined {
  const { view, network, transport, end, family } = packet;
  if (!icmpv4.isWhole(transport, end)) return "truncated-transport";
  const right =
    family === 4
      ? checksum.compute(view, transport, end) === 0
      : icmpv6.checksumIsRight(view, network, transport, end);
  return right ? undefined : "bad-transport-checksum";
}

function checkLength({ transport, end }: HostPacket, least: number): HostDrop | undefined {
  return end - transport < least ? "truncated-transport" : undefined;
}

/** Whether the checksum over pseudo-header, transport header and data is right. */
function sumIsRight(packet: HostPacket, protocol: number): boolean {
  const { view, network, transport, end, family } = packet;
  const pseudo = (family === 4 ? checksum.pseudoHeader4 : checksum.pseudoHeader6)(
    view,
    network,
    protocol,
    end - transport,
  );
  return checksum.finish(checksum.sum(view, transport, end, pseudo)) === 0;
}
