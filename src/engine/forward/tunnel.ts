/**
 * Tunnelling: the packet travels to the real server inside another IP packet.
 *
 * The real server unpacks it, has the virtual address itself and answers the client directly. The outer
 * packet is of the family of the real server's address, which need not be the service's:
 *
 *     ipip   IP | packet
 *     gre    IP | GRE (with checksum, if asked for) | packet
 *     gue    IP | UDP | GUE | packet
 *
 * Source: RFC 2003, RFC 2473, RFC 2784, draft-ietf-intarea-gue; linux ip_vs_xmit.c `ip_vs_tunnel_xmit`,
 * `ip_vs_tunnel_xmit_v6`.
 *
 * @module
 */
import type { AddressWords, Family } from "../../net/address.ts";
import { GRE, IPIP, IPV6_IN_IP, UDP } from "../../net/protocol.ts";
import { finish, pseudoHeader4, pseudoHeader6, sum } from "../../wire/checksum.ts";
import { type Frame, MAX_PACKET } from "../../wire/frame.ts";
import * as gre from "../../wire/gre.ts";
import * as gue from "../../wire/gue.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { TUNNEL_FLAG, TUNNEL_TYPE } from "../../wire/ipvs-objects.ts";
import { completeChecksum } from "../../wire/offload.ts";
import * as udp from "../../wire/udp.ts";
import type { ConnectionHandle } from "../connection-records.ts";
import type { Decision } from "../decision.ts";
import type { Destination } from "../destination.ts";
import type { EngineState } from "../engine-state.ts";
import { hopLimit } from "../hop-limit.ts";
import type { Route } from "../host.ts";
import type { Packet } from "../packet.ts";
import { REASON, VERDICT, type Verdict } from "../verdict.ts";
import { flowPort } from "./flow-port.ts";
import { OuterHeader, outerTos } from "./outer-header.ts";
import type { Outgoing, OutgoingRules } from "./outgoing.ts";

// In the code of the module itself, as it stands on the plain way.
const HEADER = ipv4.HEADER_LENGTH;
const IPIP_NUMBER = IPIP;

/** What the method allows of a way. */
export const TUNNEL_RULES: OutgoingRules = {
  mayBeLocal: true,
  mayBeForeign: true,
  foreignToLocal: false,
  tunnel: true,
};

/** The tunnelling of one director. */
export class Tunnel {
  readonly #state: EngineState;
  readonly #outgoing: Outgoing;
  readonly #decision: Decision;
  readonly #target = new Uint32Array(4);
  readonly #outer = new OuterHeader();

  constructor(state: EngineState, outgoing: Outgoing, decision: Decision) {
    this.#state = state;
    this.#outgoing = outgoing;
    this.#decision = decision;
  }

  /** Sends a client's packet on to the real server, which is `destination`. */
  request(
    packet: Packet,
    connection: ConnectionHandle,
    destination: Destination | undefined,
  ): Verdict {
    const decision = this.#decision;
    const { connections } = this.#state;
    // What another director told of may be bound to nothing, and then it is not known how.
    if (destination === undefined) return decision.give(VERDICT.drop, REASON["no-destination"]);
    const family = connections.destinationFamily(connection);
    connections.readDestination(connection, this.#target);
    const overhead = tunnelOverhead(family, destination);
    const route = this.#outgoing.prepare(packet, family, this.#target, overhead, TUNNEL_RULES);
    noteWay(destination, route ?? this.#state.host.route(family, this.#target));
    if (route === undefined) return VERDICT.drop;
    if (route.local) return decision.give(VERDICT.accept, REASON["local-destination"]);
    return this.send(packet, family, this.#target, route.source, destination);
  }

  /**
   * Wraps a packet that has gone through the common step.
   *
   * @param family of `target`, the real server's address
   */
  send(
    packet: Packet,
    family: Family,
    target: Readonly<AddressWords>,
    source: Readonly<AddressWords>,
    destination: Destination,
  ): Verdict {
    const decision = this.#decision;
    const { sysctls } = this.#state;
    const header = tunnelHeaderLength(destination);
    const overhead = tunnelOverhead(family, destination);
    const { frame, view, network, end } = packet;
    if (network < overhead || end - network + overhead > MAX_PACKET) {
      return decision.give(VERDICT.drop, REASON["out-of-headroom"]);
    }
    // All that is to be copied of the packet, before the sizes around it change.
    const outer = this.#outer;
    outer.tos = outerTos(
      packet.family === 4 ? ipv4.tos(view, network) : ipv6.trafficClass(view, network),
    );
    outer.hopLimit = hopLimit(packet);
    outer.dontFragment =
      packet.family === 4 && sysctls.pmtu_disc !== 0 && ipv4.dontFragment(view, network);

    // A checksum over all of the packet has to see it as it will be; segments are seen to when they are cut.
    if (hasChecksum(destination) && frame.segmentSize === 0) completeChecksum(frame);
    frame.innerStart = network;
    frame.start = network - header;
    const protocol = this.#writeTunnelHeader(packet, destination, frame.start);
    frame.start = network - overhead;
    outer.write(frame, family, protocol, source, target);
    if (protocol === UDP && hasChecksum(destination)) {
      writeUdpChecksum(view, family, frame.start, network - header, end);
    }
    return decision.forward(family, target, REASON.request);
  }

  /**
   * Wraps the IPv4 packet at the start of a frame, its hop counted, in IPv4 and nothing else.
   *
   * @param source address, as a signed word, as is `target`
   */
  wrapPlain(frame: Frame, source: number, target: number): void {
    const { view, start: inner } = frame;
    const start = inner - HEADER;
    const tos = outerTos(ipv4.tos(view, inner));
    const carried = (ipv4.ttl(view, inner) << 8) | IPIP_NUMBER;
    const whole = this.#state.sysctls.pmtu_disc !== 0 && ipv4.dontFragment(view, inner);
    frame.innerStart = inner;
    frame.start = start;
    this.#outer.write4(view, start, frame.end - start, tos, whole, carried, source, target);
  }

  /** Writes what stands between the two IP headers and returns the outer header's protocol number. */
  #writeTunnelHeader(packet: Packet, destination: Destination, at: number): number {
    const { view, end } = packet;
    const inner = packet.family === 4 ? IPIP : IPV6_IN_IP;
    switch (destination.config.tunnelType) {
      case TUNNEL_TYPE.gre: {
        const type = packet.family === 4 ? gre.PROTOCOL_IPV4 : gre.PROTOCOL_IPV6;
        if (hasChecksum(destination)) gre.writeWithChecksum(view, at, type, end);
        else gre.write(view, at, type);
        return GRE;
      }
      case TUNNEL_TYPE.gue:
        udp.setSrcPort(view, at, flowPort(packet));
        udp.setDstPort(view, at, destination.config.tunnelPort);
        udp.setLength(view, at, end - at);
        udp.setChecksum(view, at, 0);
        gue.write(view, at + udp.HEADER_LENGTH, inner);
        return UDP;
      default:
        return inner;
    }
  }
}

/** Returns the bytes between the two IP headers of a tunnel to `destination`. */
export function tunnelHeaderLength(destination: Destination | undefined): number {
  switch (destination?.config.tunnelType) {
    case TUNNEL_TYPE.gre:
      return hasChecksum(destination) ? gre.HEADER_LENGTH_CHECKSUM : gre.HEADER_LENGTH;
    case TUNNEL_TYPE.gue:
      return udp.HEADER_LENGTH + gue.HEADER_LENGTH;
    default:
      return 0;
  }
}

/** Returns the bytes a tunnel to `destination`, whose address is of `family`, puts before a packet. */
export function tunnelOverhead(family: Family, destination: Destination | undefined): number {
  const ip = family === 4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH;
  return tunnelHeaderLength(destination) + ip;
}

/**
 * Remote checksum offload counts too: a checksum left to a network card is completed here, and then it is
 * the plain one.
 */
function hasChecksum(destination: Destination | undefined): boolean {
  const flags = destination?.config.tunnelFlags ?? 0;
  const wanted =
    destination?.config.tunnelType === TUNNEL_TYPE.gue
      ? TUNNEL_FLAG.checksum | TUNNEL_FLAG.remoteChecksum
      : TUNNEL_FLAG.checksum;
  return (flags & wanted) !== 0;
}

function writeUdpChecksum(
  view: DataView,
  family: Family,
  network: number,
  at: number,
  end: number,
): void {
  const pseudo =
    family === 4
      ? pseudoHeader4(view, network, UDP, end - at)
      : pseudoHeader6(view, network, UDP, end - at);
  const value = finish(sum(view, at, end, pseudo));
  udp.setChecksum(view, at, value === 0 ? 0xffff : value);
}

/** Notes the way of a packet to a real server, also of one that was too long for it. */
export function noteWay(destination: Destination, route: Route | undefined): void {
  destination.pathMtu = route?.mtu ?? 0;
  destination.pathLearned = route?.learned === true;
}
