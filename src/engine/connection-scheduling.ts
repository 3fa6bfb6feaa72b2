/**
 * Finding a destination for a packet that belongs to no connection, and making the connection.
 *
 * Source: linux ip_vs_core.c `ip_vs_schedule`, and the `conn_schedule` of each protocol.
 *
 * @module
 */
import { UDP } from "../net/protocol.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import {
  CONNECTION_FLAG,
  type ConnectionHandle,
  type ConnectionSeed,
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
const FTP_DATA_PORT = 20;

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
  readonly #seed: ConnectionSeed = {
    family: 4,
    destinationFamily: 4,
    protocol: 0,
    clientAddress: new Uint32Array(4),
    clientPort: 0,
    virtualAddress: new Uint32Array(4),
    virtualPort: 0,
    destinationAddress: new Uint32Array(4),
    destinationPort: 0,
    flags: 0,
    mark: 0,
  };

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
    if (packet.hook === HOOK.localOut && this.#isLocalReply(packet)) {
      return this.#pass("local-reply");
    }
    if (service.persistent) return this.#schedulePersistent(service, packet);
    if (service.id.fwmark === 0 && packet.receiverPort !== service.id.port) return LEAVE;
    const destination = service.scheduler?.schedule(packet);
    if (destination === undefined) return LEAVE;
    const port = destination.port !== 0 ? destination.port : packet.receiverPort;
    return this.#open(service, packet, destination, port);
  }

  /** Whether the packet may begin a connection; if not, the decision is made. */
  #mayBegin(packet: Packet): boolean {
    const protocol = this.#state.protocol(packet.protocol)!;
    if (packet.quoted) {
      // Protocols without ports begin nothing; of the others the ports are enough.
      if (packet.portsReadable) return true;
      this.#pass("no-connection");
      return false;
    }
    if (packet.fragmentOffset !== 0) {
      this.#pass("fragment");
      return false;
    }
    if (!protocol.canBeJudged(packet)) {
      this.#decision.give(VERDICT.drop, REASON["truncated-transport"]);
      return false;
    }
    if (protocol.mayBegin(packet, this.#state.sysctls)) return true;
    this.#pass("no-connection");
    return false;
  }

  /** Leaves the packet to the host. */
  #pass(reason: keyof typeof REASON): typeof DECIDED {
    this.#decision.give(VERDICT.accept, REASON[reason]);
    return DECIDED;
  }

  /** A packet of this host that answers a connection is a local server's reply. */
  #isLocalReply(packet: Packet): boolean {
    return (
      this.#state.connections.findForward(
        packet.family,
        packet.protocol,
        packet.receiverAddress,
        packet.receiverPort,
        packet.senderAddress,
        packet.senderPort,
      ) !== NO_CONNECTION
    );
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
    const port =
      packet.receiverPort === service.id.port && destination.port !== 0
        ? destination.port
        : packet.receiverPort;
    const connection = this.#open(service, packet, destination, port);
    this.#lifecycle.control(connection, template);
    this.#lifecycle.release(template);
    return connection;
  }

  #open(
    service: VirtualService,
    packet: Packet,
    destination: Destination,
    port: number,
  ): ConnectionHandle {
    const { sysctls, stats } = this.#state;
    const seed = this.#seed;
    seed.family = packet.family;
    seed.destinationFamily = destination.family;
    seed.protocol = packet.protocol;
    seed.clientAddress = packet.senderAddress;
    seed.clientPort = packet.senderPort;
    seed.virtualAddress = packet.receiverAddress;
    seed.virtualPort = packet.receiverPort;
    seed.destinationAddress = destination.address.words;
    seed.destinationPort = port;
    seed.flags =
      destination.connectionFlags |
      (service.onePacket && packet.protocol === UDP ? CONNECTION_FLAG.onePacket : 0) |
      (sysctls.conntrack !== 0 ? CONNECTION_FLAG.conntrack : 0);
    seed.mark = packet.mark;
    const connection = this.#lifecycle.open(seed, destination);
    destination.stats.countConnection();
    service.stats.countConnection();
    stats.countConnection();
    return connection;
  }
}
