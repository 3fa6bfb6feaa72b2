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
import type { AddressWords, Family } from "../net/address.ts";
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

/** Why a template binds nobody any more. */
export type TemplateRejection = "server-removed" | "server-quiesced";

/** What was looked for, and what was found. */
export interface TemplateLookUp {
  readonly family: Family;
  /** 0 for a template of a firewall-mark service. */
  readonly protocol: number;
  /** The client's address, masked: 4 words. */
  readonly group: AddressWords;
  /** 4 words; the mark in the first for a template of a firewall-mark service. */
  readonly virtual: AddressWords;
  /** Virtual port, 0 for any. */
  readonly port: number;
  readonly found: ConnectionHandle;
  /** Why what was found is of no use; none where it is, or nothing was found. */
  readonly rejection: TemplateRejection | undefined;
}

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
    const found = this.#find(service, packet);
    if (found !== NO_CONNECTION) {
      if (this.#rejection(found) === undefined) return found;
      if (connections.virtualPort(found) !== INVALID_PORT) connections.invalidateTemplate(found);
    }
    const destination = service.scheduler?.schedule(packet);
    if (destination === undefined) return NO_CONNECTION;
    return this.#make(service, packet, destination);
  }

  /** Returns what `template` looks for and finds, and changes nothing. */
  lookUp(service: VirtualService, packet: Packet): TemplateLookUp {
    const found = this.#find(service, packet);
    const { family, protocol, virtualPort } = this.#seed;
    return {
      family,
      protocol,
      group: this.#group.slice(),
      virtual: this.#virtual.slice(),
      port: virtualPort,
      found,
      rejection: found === NO_CONNECTION ? undefined : this.#rejection(found),
    };
  }

  /** Returns the template of the packet's client, good or not; its key is in the seed from then on. */
  #find(service: VirtualService, packet: Packet): ConnectionHandle {
    const { id } = service;
    const ownPort = packet.receiverPort === id.port;
    const marked = !ownPort && id.fwmark !== 0;
    const seed = this.#seed;
    seed.family = packet.family;
    seed.protocol = marked ? 0 : packet.protocol;
    seed.virtualPort = ownPort && id.port !== FTP_PORT ? packet.receiverPort : 0;
    for (let word = 0; word < 4; word++) {
      this.#group[word] = packet.senderAddress[word]! & service.persistenceMask[word]!;
      this.#virtual[word] = marked ? 0 : packet.receiverAddress[word]!;
    }
    if (marked) this.#virtual[0] = id.fwmark;
    return this.#state.connections.findTemplate(
      seed.family,
      seed.protocol,
      this.#group,
      this.#virtual,
      seed.virtualPort,
    );
  }

  /** Makes the template that `#find` looked for. */
  #make(service: VirtualService, packet: Packet, destination: Destination): ConnectionHandle {
    const { connections, profile } = this.#state;
    const seed = this.#seed;
    seed.destinationFamily = destination.family;
    seed.destinationAddress = destination.address.words;
    seed.destinationPort = seed.virtualPort === 0 ? 0 : destination.port;
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
  #rejection(template: ConnectionHandle): TemplateRejection | undefined {
    const destination = this.#lifecycle.destination(template);
    if (!destination?.available) return "server-removed";
    const quiesced =
      destination.weight === 0 && this.#state.sysctls.expire_quiescent_template !== 0;
    return quiesced ? "server-quiesced" : undefined;
  }
}
