/**
 * Connections real servers begin: with an engine that follows them, what a server sends of its own accord
 * leaves with the virtual address, and what comes back finds the server.
 *
 * With one-packet scheduling this is also how replies get the virtual address, as nothing is left of the
 * connection of the request.
 *
 * Source: linux ip_vs_core.c `__ip_vs_rs_conn_out`, `ip_vs_new_conn_out`; ip_vs_pe_sip.c
 * `ip_vs_sip_conn_out`.
 *
 * @module
 */
import { UDP } from "../../net/protocol.ts";
import type { ConnectionLifecycle } from "../connection-lifecycle.ts";
import {
  CONNECTION_FLAG,
  type ConnectionHandle,
  emptySeed,
  NO_CONNECTION,
} from "../connection-records.ts";
import type { Destination } from "../destination.ts";
import type { EngineState } from "../engine-state.ts";
import { HOOK, type Packet } from "../packet.ts";
import { Persistence } from "../persistence.ts";

/** Makes the connections the real servers of one director begin. */
export class ServerConnections {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #persistence: Persistence;
  readonly #seed = { ...emptySeed(), protocol: UDP };

  constructor(state: EngineState, lifecycle: ConnectionLifecycle) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#persistence = new Persistence(state, lifecycle);
  }

  /**
   * Returns a new connection for a packet that is no reply, or NO_CONNECTION. Only UDP: other servers
   * begin connections from ports of which no service would know the replies.
   */
  open(packet: Packet): ConnectionHandle {
    const sender = this.beginner(packet);
    if (sender === undefined) return NO_CONNECTION;
    if (!sender.service.persistent) return this.#make(packet, sender);
    const template = this.#persistence.serverTemplate(sender, packet);
    const connection = this.#make(packet, sender);
    this.#lifecycle.control(connection, template);
    this.#lifecycle.release(template);
    return connection;
  }

  /** Returns the real server whose packet `open` makes a connection for, or `undefined`. */
  beginner(packet: Packet): Destination | undefined {
    if (this.#state.serverFollowing === 0 || packet.hook === HOOK.localIn) return undefined;
    if (packet.protocol !== UDP || !packet.portsReadable) return undefined;
    const sender = this.#state.index.findMasqueraded(
      packet.family,
      packet.protocol,
      packet.source,
      packet.sourcePort,
    );
    if (sender === undefined || !isFollowed(sender) || packet.sourcePort === 0) return undefined;
    const { service } = sender;
    return service.persistent && !this.#persistence.tells(service, packet) ? undefined : sender;
  }

  #make(packet: Packet, sender: Destination): ConnectionHandle {
    const { sysctls } = this.#state;
    const { service } = sender;
    const seed = this.#seed;
    seed.family = packet.family;
    seed.destinationFamily = packet.family;
    seed.clientAddress = packet.destination;
    seed.clientPort = packet.destinationPort;
    seed.virtualAddress = service.id.address.words;
    seed.virtualPort = service.id.port;
    seed.destinationAddress = packet.source;
    seed.destinationPort = packet.sourcePort;
    seed.flags =
      sender.connectionFlags |
      (service.onePacket ? CONNECTION_FLAG.onePacket : 0) |
      (sysctls.conntrack !== 0 ? CONNECTION_FLAG.conntrack : 0);
    const connection = this.#lifecycle.open(seed, sender);
    sender.stats.countConnection();
    return connection;
  }
}

/** Whether packets of a real server may begin connections of its service. */
function isFollowed({ service }: Destination): boolean {
  return (
    service.engine?.followsServers === true && service.id.fwmark === 0 && service.id.port !== 0
  );
}
