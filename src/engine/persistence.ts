/**
 * Persistence: clients of one group go to one real server, by templates that new connections copy.
 *
 * A template is a connection without ports of a client group: masked client address, virtual address (or
 * mark), virtual port. It is looked up once for each new connection and never for packets of old ones.
 *
 * Source: linux ip_vs_core.c `ip_vs_sched_persist`, ip_vs_conn.c `ip_vs_check_template`.
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
import type { Destination } from "./destination.ts";
import type { EngineState } from "./engine-state.ts";
import type { Packet } from "./packet.ts";
import type { VirtualService } from "./virtual-service.ts";

const FTP_PORT = 21;
/** Virtual port of a template that nothing finds any more. */
const INVALID_PORT = 0xffff;

/** The persistence of one director. */
export class Persistence {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #group = new Uint32Array(4);
  readonly #virtual = new Uint32Array(4);
  readonly #seed: ConnectionSeed;

  constructor(state: EngineState, lifecycle: ConnectionLifecycle) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#seed = {
      family: 4,
      destinationFamily: 4,
      protocol: 0,
      clientAddress: this.#group,
      clientPort: 0,
      virtualAddress: this.#virtual,
      virtualPort: 0,
      destinationAddress: this.#group,
      destinationPort: 0,
      flags: 0,
      mark: 0,
    };
  }

  /**
   * Returns the template of the packet's client, made anew where there is none that is still good, or
   * NO_CONNECTION when nobody can take the client. The caller releases it.
   */
  template(service: VirtualService, packet: Packet): ConnectionHandle {
    const { connections } = this.#state;
    const { id } = service;
    const ownPort = packet.receiverPort === id.port;
    const marked = !ownPort && id.fwmark !== 0;
    const protocol = marked ? 0 : packet.protocol;
    const port = ownPort && id.port !== FTP_PORT ? packet.receiverPort : 0;
    for (let word = 0; word < 4; word++) {
      this.#group[word] = packet.senderAddress[word]! & service.persistenceMask[word]!;
      this.#virtual[word] = marked ? 0 : packet.receiverAddress[word]!;
    }
    if (marked) this.#virtual[0] = id.fwmark;

    const found = connections.findTemplate(
      packet.family,
      protocol,
      this.#group,
      this.#virtual,
      port,
    );
    if (found !== NO_CONNECTION) {
      if (this.#isGood(found)) return found;
      if (connections.virtualPort(found) !== INVALID_PORT) connections.invalidateTemplate(found);
    }

    const destination = service.scheduler?.schedule(packet);
    if (destination === undefined) return NO_CONNECTION;
    return this.#make(service, packet, destination, protocol, port);
  }

  #make(
    service: VirtualService,
    packet: Packet,
    destination: Destination,
    protocol: number,
    port: number,
  ): ConnectionHandle {
    const { connections, profile } = this.#state;
    const seed = this.#seed;
    seed.family = packet.family;
    seed.destinationFamily = destination.family;
    seed.protocol = protocol;
    seed.virtualPort = port;
    seed.destinationAddress = destination.address.words;
    seed.destinationPort = port === 0 ? 0 : destination.port;
    seed.flags = CONNECTION_FLAG.template | destination.connectionFlags | this.#extraFlags();
    seed.mark = packet.mark;
    if (profile.onePacketTemplates && service.onePacket && packet.protocol === UDP) {
      seed.flags |= CONNECTION_FLAG.onePacket;
    }
    const template = this.#lifecycle.open(seed, destination);
    connections.setTimeoutTicks(template, service.config.timeout * profile.ticksPerSecond);
    return template;
  }

  #extraFlags(): number {
    return this.#state.sysctls.conntrack !== 0 ? CONNECTION_FLAG.conntrack : 0;
  }

  /** A template whose real server is gone, or quiesced where that matters, binds nobody any more. */
  #isGood(template: ConnectionHandle): boolean {
    const destination = this.#lifecycle.destination(template);
    return (
      destination?.available === true &&
      (destination.weight > 0 || this.#state.sysctls.expire_quiescent_template === 0)
    );
  }
}
