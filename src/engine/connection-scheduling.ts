/**
 * Finding a destination for a packet that belongs to no connection, and making the connection.
 *
 * Source: linux ip_vs_core.c `ip_vs_schedule`, and the `conn_schedule` of each protocol.
 *
 * @module
 */
import { UDP } from "../net/protocol.ts";
import { judgeBeginning, MAY_BEGIN } from "./beginning.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import {
  CONNECTION_FLAG,
  type ConnectionHandle,
  emptySeed,
  NO_CONNECTION,
} from "./connection-records.ts";
import type { Decision } from "./decision.ts";
import type { Defence } from "./defence.ts";
import type { Destination } from "./destination.ts";
import type { EngineState } from "./engine-state.ts";
import { HOOK, type Packet } from "./packet.ts";
import { Persistence, REFUSED } from "./persistence.ts";
import { REASON, VERDICT } from "./verdict.ts";
import type { VirtualService } from "./virtual-service.ts";

/** Connections from this client port are data connections of an FTP server, not requests. */
export const FTP_DATA_PORT = 20;

/** Nobody can take the connection: the answer is the no-destination rule's (`noDestination`). */
export const LEAVE = -1;
/** No connection, and the decision record says what becomes of the packet. */
export const DECIDED = -2;

/** Makes the connections of one director. */
export class ConnectionScheduling {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #defence: Defence;
  readonly #decision: Decision;
  readonly #persistence: Persistence;
  readonly #seed = emptySeed();

  constructor(
    state: EngineState,
    lifecycle: ConnectionLifecycle,
    defence: Defence,
    decision: Decision,
  ) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#defence = defence;
    this.#decision = decision;
    this.#persistence = new Persistence(state, lifecycle);
  }

  /**
   * Returns a new connection for the packet, or LEAVE, or DECIDED.
   *
   * The packet may be one an ICMP error quotes: then no flag of its header matters, and the client is
   * whom it was sent to.
   */
  schedule(packet: Packet): ConnectionHandle | typeof LEAVE | typeof DECIDED {
    if (!this.#mayBegin(packet)) return DECIDED;
    const decision = this.#decision;
    const service = this.#state.services.lookup(
      packet.family,
      packet.mark,
      packet.protocol,
      packet.receiverAddress,
      packet.receiverPort,
    );
    if (service === undefined) return this.#pass("no-service");
    decision.service = service;
    if (this.#defence.dropsNew()) {
      decision.give(VERDICT.drop, REASON.defence);
      return DECIDED;
    }
    if (packet.senderPort === FTP_DATA_PORT) return this.#pass("ftp-data-port");
    if (isLocalReply(this.#state, packet)) return this.#pass("local-reply");
    if (service.persistent) return this.#schedulePersistent(service, packet);
    if (!servesPort(service, packet)) return LEAVE;
    const destination = service.scheduler?.schedule(packet);
    if (destination === undefined) return LEAVE;
    return this.open(service, packet, destination);
  }

  /** Whether the packet may begin a connection; if not, the decision is made. */
  #mayBegin(packet: Packet): boolean {
    const judgement = judgeBeginning(this.#state, packet);
    if (judgement === MAY_BEGIN) return true;
    const dropped = judgement === REASON["truncated-transport"];
    this.#decision.give(dropped ? VERDICT.drop : VERDICT.accept, judgement);
    return false;
  }

  /** Leaves the packet to the host. */
  #pass(reason: keyof typeof REASON): typeof DECIDED {
    this.#decision.give(VERDICT.accept, REASON[reason]);
    return DECIDED;
  }

  #schedulePersistent(
    service: VirtualService,
    packet: Packet,
  ): ConnectionHandle | typeof LEAVE | typeof DECIDED {
    const template = this.#persistence.template(service, packet);
    if (template === REFUSED) {
      this.#decision.give(VERDICT.drop, REASON["engine-refused"]);
      return DECIDED;
    }
    if (template === NO_CONNECTION) return LEAVE;
    const destination = this.#lifecycle.destination(template)!;
    const connection = this.open(service, packet, destination);
    this.#lifecycle.control(connection, template);
    this.#lifecycle.release(template);
    return connection;
  }

  /** Makes a connection of a service for the packet, to the destination it was scheduled to. */
  open(service: VirtualService, packet: Packet, destination: Destination): ConnectionHandle {
    const { sysctls } = this.#state;
    const seed = this.#seed;
    seed.family = packet.family;
    seed.destinationFamily = destination.family;
    seed.protocol = packet.protocol;
    seed.clientAddress = packet.senderAddress;
    seed.clientPort = packet.senderPort;
    seed.virtualAddress = packet.receiverAddress;
    seed.virtualPort = packet.receiverPort;
    seed.destinationAddress = destination.address.words;
    seed.destinationPort = portAt(service, destination, packet);
    seed.flags =
      destination.connectionFlags |
      (service.onePacket && packet.protocol === UDP ? CONNECTION_FLAG.onePacket : 0) |
      (sysctls.conntrack !== 0 ? CONNECTION_FLAG.conntrack : 0);
    seed.mark = packet.mark;
    const connection = this.#lifecycle.open(seed, destination);
    destination.stats.countConnection();
    return connection;
  }
}

/** Whether the packet is one of this host that answers a connection: a local server's reply. */
export function isLocalReply(state: EngineState, packet: Packet): boolean {
  if (packet.hook !== HOOK.localOut) return false;
  const connection = state.connections.findForward(
    packet.family,
    packet.protocol,
    packet.receiverAddress,
    packet.receiverPort,
    packet.senderAddress,
    packet.senderPort,
  );
  return connection !== NO_CONNECTION;
}

/** Whether a service that is not persistent takes new connections to the packet's port. */
export function servesPort(service: VirtualService, packet: Packet): boolean {
  return service.id.fwmark !== 0 || packet.receiverPort === service.id.port;
}

/**
 * Returns the port of a real server the packet goes to: the server's own, or, where it has none and where
 * a persistent service catches other ports than its own, the packet's.
 */
export function portAt(service: VirtualService, destination: Destination, packet: Packet): number {
  const { receiverPort } = packet;
  if (destination.port === 0) return receiverPort;
  return service.persistent && receiverPort !== service.id.port ? receiverPort : destination.port;
}
