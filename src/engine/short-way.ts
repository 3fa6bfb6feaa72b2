/**
 * The short way of most packets: those of connections there are, with nothing out of the ordinary.
 *
 * The handlers of requests and replies ask question after question, as each may have another answer. Here
 * the ordinary answers are asked for together, before anything changes; with one that is not ordinary the
 * packet takes the long way from its beginning. What a packet does on the short way is what it would have
 * done on the long one, told in one place, so that it costs little more than the memory it must look at.
 *
 * @module
 */
import { type AddressWords, type Family, isLoopback, sameWords } from "../net/address.ts";
import { MAX_PACKET } from "../wire/frame.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import {
  CONNECTION_FLAG,
  type ConnectionHandle,
  HELPED_BIT,
  NO_CONNECTION,
  offsetOf,
  WORD,
} from "./connection-records.ts";
import type { Decision } from "./decision.ts";
import type { Destination } from "./destination.ts";
import type { EngineState } from "./engine-state.ts";
import { rewriteDestination, rewriteSource } from "./forward/rewrite.ts";
import { noteWay, type Tunnel, tunnelOverhead } from "./forward/tunnel.ts";
import { countHop, hopLimit } from "./hop-limit.ts";
import type { Route } from "./host.ts";
import { HOOK, type Packet } from "./packet.ts";
import { DIRECTION } from "./protocol/protocol.ts";
import { REASON, VERDICT } from "./verdict.ts";

const FLAGS = WORD.flags;
const DESTINATION_PORT = WORD.destinationPort;
const METHOD_MASK = CONNECTION_FLAG.methodMask;
/** Flags of connections that take the long way. */
const LONG_WAY = CONNECTION_FLAG.noClientPort | CONNECTION_FLAG.onePacket;
/** Ways too narrow for this are none for a tunnel; some that are wide enough take the long way too. */
export const LEAST_MTU = ipv6.LEAST_MTU;

/** Numbers of the methods that are told apart here. */
const MASQUERADE = 0;
const TUNNEL = 2;
const DIRECT_ROUTE = 3;

/** The short way of one director. */
export class ShortWay {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #tunnel: Tunnel;
  readonly #decision: Decision;
  readonly #address = new Uint32Array(4);

  constructor(
    state: EngineState,
    lifecycle: ConnectionLifecycle,
    tunnel: Tunnel,
    decision: Decision,
  ) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#tunnel = tunnel;
    this.#decision = decision;
  }

  /** Decides about a packet for this host or from it; returns whether it could. */
  take(packet: Packet): boolean {
    if (!this.#mayTake(packet)) return false;
    const { connections } = this.#state;
    const answered = connections.replyOf(packet);
    return answered === NO_CONNECTION ? this.#request(packet) : this.#reply(packet, answered);
  }

  /** Decides about a packet on its way to another host; returns whether it could. */
  takePassing(packet: Packet): boolean {
    if (!this.#mayTake(packet)) return false;
    const answered = this.#state.connections.replyOf(packet);
    return answered !== NO_CONNECTION && this.#reply(packet, answered);
  }

  /** Whether the packet has ports, and nothing special happens to one that is of no connection. */
  #mayTake(packet: Packet): boolean {
    const { sysctls, serverFollowing } = this.#state;
    return packet.portsReadable && serverFollowing === 0 && sysctls.nat_icmp_send === 0;
  }

  #request(packet: Packet): boolean {
    const { connections, sysctls } = this.#state;
    const { family } = packet;
    const connection = connections.requestOf(packet);
    if (connection === NO_CONNECTION || sysctls.backup_only !== 0) return false;
    const record = connections.segmentOf(connection);
    const at = offsetOf(connection);
    const flags = record[at + FLAGS]!;
    const more = record[at + DESTINATION_PORT]!;
    if ((flags & LONG_WAY) !== 0 || (more & HELPED_BIT) !== 0) return false;
    const protocol = this.#state.protocol(packet.protocol)!;
    if (!protocol.isReadable(packet) || protocol.startsFlow(packet)) return false;
    const destination = this.#lifecycle.destination(connection);
    if (destination?.available !== true) return false;

    const method = flags & METHOD_MASK;
    const address = this.#address;
    connections.readDestination(connection, address);
    const targetFamily = method === TUNNEL ? destination.family : family;
    const route = this.#wayTo(destination, targetFamily, address);
    if (route === undefined || route.local) return false;
    let overhead = 0;
    if (method === MASQUERADE) {
      if (isLoopback(family, address)) return false;
    } else if (method === TUNNEL) {
      overhead = tunnelOverhead(targetFamily, destination);
      if (packet.network < overhead || packet.length + overhead > MAX_PACKET) return false;
      if (route.mtu - overhead < LEAST_MTU) return false;
    } else if (method !== DIRECT_ROUTE) {
      return false;
    }
    if (isLoopback(family, packet.source) || hopLimit(packet) <= 1) return false;
    if ((packet.frame.fragmentSize || packet.segmentLength) + overhead > route.mtu) return false;

    // From here on the packet passes.
    const decision = this.#decision;
    decision.connection = connection;
    decision.method = method;
    decision.destination = destination;
    decision.service = destination.service;
    this.#lifecycle.countIn(destination, packet.length);
    this.#lifecycle.transition(connection, packet, DIRECTION.input);
    countHop(packet);
    if (method === TUNNEL) {
      noteWay(destination, route);
      this.#tunnel.send(packet, targetFamily, address, route.source, destination);
    } else {
      if (method === MASQUERADE) {
        rewriteDestination(packet, address, more >>> 16);
      }
      decision.forward(family, address, REASON.request);
    }
    this.#lifecycle.releaseCounted(connection);
    return true;
  }

  #reply(packet: Packet, connection: ConnectionHandle): boolean {
    const { connections } = this.#state;
    const flags = connections.flags(connection);
    if ((flags & (LONG_WAY | METHOD_MASK)) !== 0 || connections.isHelped(connection)) return false;
    if (!this.#state.protocol(packet.protocol)!.isReadable(packet)) return false;

    const decision = this.#decision;
    const destination = this.#lifecycle.destination(connection);
    decision.connection = connection;
    decision.method = MASQUERADE;
    decision.destination = destination;
    decision.service = destination?.service;
    connections.readVirtual(connection, this.#address);
    rewriteSource(packet, this.#address, connections.virtualPort(connection));
    this.#lifecycle.countOut(destination, packet.length);
    this.#lifecycle.transition(connection, packet, DIRECTION.output);
    this.#lifecycle.release(connection);
    // A reply whose client is this host has arrived.
    if (packet.hook === HOOK.localIn) decision.give(VERDICT.accept, REASON.reply);
    else decision.forward(packet.family, packet.destination, REASON.reply);
    return true;
  }

  /** Returns the way to a destination at its address, asked for once as long as answers stay the same. */
  #wayTo(
    destination: Destination,
    family: Family,
    address: Readonly<AddressWords>,
  ): Route | undefined {
    const { host } = this.#state;
    const { epoch } = host;
    if (epoch === undefined || !sameWords(address, destination.address.words)) {
      return host.route(family, address);
    }
    if (destination.wayEpoch !== epoch) {
      destination.way = host.route(family, address);
      destination.wayEpoch = epoch;
    }
    return destination.way;
  }
}
