/**
 * Tunnelling: the packet travels to the real server inside another IP packet.
 *
 * The real server unpacks it, has the virtual address itself and answers the client directly.
 *
 * Source: RFC 2003; linux ip_vs_xmit.c `ip_vs_tunnel_xmit`; INET_ECN_encapsulate for ECN.
 *
 * @module
 */
import { IPIP } from "../../net/protocol.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import type { ConnectionHandle } from "../connection-records.ts";
import type { Decision } from "../decision.ts";
import type { EngineState } from "../engine-state.ts";
import type { Packet } from "../packet.ts";
import { REASON, VERDICT, type Verdict } from "../verdict.ts";
import type { Outgoing, OutgoingRules } from "./outgoing.ts";

const RULES: OutgoingRules = { foreignToLocal: false, tunnel: true };

/** ECN field: congestion experienced, and ECN-capable transport (0). */
const ECN_MASK = 0x3;
const ECN_EXPERIENCED = 0x3;
const ECN_CAPABLE_0 = 0x2;

/** The tunnelling of one director. */
export class Tunnel {
  readonly #state: EngineState;
  readonly #outgoing: Outgoing;
  readonly #decision: Decision;
  readonly #target = new Uint32Array(4);
  #id = 0;

  constructor(state: EngineState, outgoing: Outgoing, decision: Decision) {
    this.#state = state;
    this.#outgoing = outgoing;
    this.#decision = decision;
  }

  /** Sends a client's packet on to the real server. */
  request(packet: Packet, connection: ConnectionHandle): Verdict {
    const decision = this.#decision;
    const { connections } = this.#state;
    const family = connections.destinationFamily(connection);
    for (let word = 0; word < 4; word++) {
      this.#target[word] = connections.destinationWord(connection, word);
    }
    const route = this.#outgoing.prepare(
      packet,
      connection,
      family,
      this.#target,
      ipv4.HEADER_LENGTH,
      RULES,
    );
    if (route === undefined) return VERDICT.drop;
    if (route.local) return decision.give(VERDICT.accept, REASON["local-destination"]);
    if (packet.network < ipv4.HEADER_LENGTH) {
      return decision.give(VERDICT.drop, REASON["out-of-headroom"]);
    }
    this.#encapsulate(packet, route.source[0]!, this.#target[0]!);
    decision.nextHopFamily = family;
    decision.nextHop.set(this.#target);
    return decision.give(VERDICT.forward, REASON.request);
  }

  #encapsulate(packet: Packet, source: number, destination: number): void {
    const { view, network, frame } = packet;
    const outer = network - ipv4.HEADER_LENGTH;
    const copyFragment = this.#state.sysctls.pmtu_disc !== 0;
    const fragment = copyFragment ? ipv4.fragment(view, network) & ipv4.DONT_FRAGMENT : 0;
    ipv4.setHeaderLength(view, outer, ipv4.HEADER_LENGTH);
    ipv4.setTos(view, outer, outerTos(ipv4.tos(view, network)));
    ipv4.setTotalLength(view, outer, packet.end - outer);
    ipv4.setId(view, outer, fragment !== 0 ? 0 : this.#nextId());
    ipv4.setFragment(view, outer, fragment);
    ipv4.setTtl(view, outer, ipv4.ttl(view, network));
    ipv4.setProtocol(view, outer, IPIP);
    ipv4.setSrc(view, outer, source);
    ipv4.setDst(view, outer, destination);
    ipv4.updateHeaderChecksum(view, outer);
    frame.start = outer;
  }

  /** Identification of packets that routers may cut; 0 is left out, as senders do. */
  #nextId(): number {
    this.#id = (this.#id % 0xffff) + 1;
    return this.#id;
  }
}

/** DSCP is copied, and ECN too; but what has met congestion inside begins anew outside. */
function outerTos(inner: number): number {
  return (inner & ECN_MASK) === ECN_EXPERIENCED ? (inner & ~ECN_MASK) | ECN_CAPABLE_0 : inner;
}
