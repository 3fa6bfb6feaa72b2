/**
 * Persistence: clients of one group go to one real server, by templates that new connections copy.
 *
 * A template is a connection without ports of a client group: masked client address, virtual address (or
 * mark), virtual port, and what a persistence engine finds. It is looked up once for each new connection and never for packets of old ones.
 *
 * Source: linux ip_vs_core.c `ip_vs_sched_persist`, ip_vs_conn.c `ip_vs_check_template`.
 *
 * @module
 */
import type { AddressWords, Family } from "../net/address.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import {
  CONNECTION_FLAG,
  type ConnectionHandle,
  type ConnectionSeed,
  emptySeed,
  NO_CONNECTION,
} from "./connection-records.ts";
import type { Destination } from "./destination.ts";
import type { EngineState } from "./engine-state.ts";
import type { Packet } from "./packet.ts";
import type { EngineSpan, PersistenceEngine } from "./persistence-engine/persistence-engine.ts";
import type { VirtualService } from "./virtual-service.ts";

const FTP_PORT = 21;
/** Virtual port of a template that nothing finds any more. */
const INVALID_PORT = 0xffff;

/** The service's engine finds nothing in the packet to tell its client by. */
export const REFUSED = -1;

/** Why a template binds nobody any more, or not the client at hand. */
export type TemplateRejection = "server-removed" | "server-quiesced" | "other-server";

/** What was looked for, and what was found. */
export interface TemplateLookUp {
  readonly family: Family;
  /** 0 for a template of a firewall-mark service. */
  readonly protocol: number;
  /** The client's address, masked: 4 words. */
  readonly client: AddressWords;
  /** 4 words; the mark in the first for a template of a firewall-mark service. */
  readonly virtual: AddressWords;
  /** Virtual port, 0 for any. */
  readonly port: number;
  /** What the service's engine tells the client by. */
  readonly engineData: Uint8Array | undefined;
  readonly found: ConnectionHandle;
  /** Why what was found is of no use; none where it is, or nothing was found. */
  readonly rejection: TemplateRejection | undefined;
}

/** The persistence of one director. */
export class Persistence {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #client = new Uint32Array(4);
  readonly #virtual = new Uint32Array(4);
  /** Of the packet at hand, what the engine has found. */
  readonly #span: EngineSpan = { start: 0, end: 0 };
  /** The key of the template looked for, and then what is made of it. */
  readonly #seed: ConnectionSeed;

  constructor(state: EngineState, lifecycle: ConnectionLifecycle) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#seed = {
      ...emptySeed(),
      clientAddress: this.#client,
      virtualAddress: this.#virtual,
      destinationAddress: this.#client,
    };
  }

  /**
   * Returns the template of the packet's client, made anew where there is none that is still good, or
   * NO_CONNECTION when nobody can take the client, or REFUSED when the service's engine finds nothing in
   * the packet to tell its client by. The caller releases it.
   */
  template(
    service: VirtualService,
    packet: Packet,
  ): ConnectionHandle | typeof NO_CONNECTION | typeof REFUSED {
    const { engine } = service;
    this.#setKey(service, packet);
    if (!this.tells(service, packet)) return REFUSED;
    const found = this.#find(engine, packet, undefined);
    if (found !== NO_CONNECTION) return found;

    const destination = service.scheduler?.schedule(packet);
    if (destination === undefined) return NO_CONNECTION;
    const seed = this.#seed;
    seed.flags = 0;
    seed.mark = packet.mark;
    return this.#make(service, destination, engine, packet);
  }

  /** Returns what `template` looks for and finds, or REFUSED, and changes nothing. */
  lookUp(service: VirtualService, packet: Packet): TemplateLookUp | typeof REFUSED {
    const { engine } = service;
    this.#setKey(service, packet);
    if (!this.tells(service, packet)) return REFUSED;
    const { family, protocol, virtualPort: port } = this.#seed;
    const { start, end } = this.#span;
    const found = this.#stored(engine, packet);
    return {
      family,
      protocol,
      client: this.#client.slice(),
      virtual: this.#virtual.slice(),
      port,
      engineData: engine && packet.frame.bytes.slice(start, end),
      found,
      rejection: found === NO_CONNECTION ? undefined : this.#rejection(found, undefined),
    };
  }

  /** Whether the service's engine, if it has one, finds something in the packet to tell its client by. */
  tells({ engine }: VirtualService, packet: Packet): boolean {
    return engine === undefined || engine.find(packet, this.#span);
  }

  /**
   * Returns the template of the client a real server sends a packet to, which leads to that server. Its
   * service must have been asked whether it `tells` the client. The caller releases it.
   */
  serverTemplate(sender: Destination, packet: Packet): ConnectionHandle {
    const { service } = sender;
    const { id, engine } = service;
    const seed = this.#seed;
    seed.family = packet.family;
    seed.protocol = packet.protocol;
    seed.virtualPort = id.port;
    this.#group(service, packet.destination);
    this.#virtual.set(id.address.words);
    const found = this.#find(engine, packet, sender);
    if (found !== NO_CONNECTION) return found;
    seed.flags = 0;
    seed.mark = 0;
    return this.#make(service, sender, engine, packet);
  }

  /** Makes the key of the template of the packet's client. */
  #setKey(service: VirtualService, packet: Packet): void {
    const { id } = service;
    const ownPort = packet.receiverPort === id.port;
    const marked = !ownPort && id.fwmark !== 0;
    const seed = this.#seed;
    seed.family = packet.family;
    seed.protocol = marked ? 0 : packet.protocol;
    seed.virtualPort = ownPort && id.port !== FTP_PORT ? packet.receiverPort : 0;
    this.#group(service, packet.senderAddress);
    if (marked) {
      this.#virtual.fill(0);
      this.#virtual[0] = id.fwmark;
    } else {
      this.#virtual.set(packet.receiverAddress);
    }
  }

  #group(service: VirtualService, client: Readonly<Uint32Array>): void {
    for (let word = 0; word < 4; word++) {
      this.#client[word] = client[word]! & service.persistenceMask[word]!;
    }
  }

  /** Returns the template of the key at hand if it is still good, and leads to `wanted` if that is given. */
  #find(
    engine: PersistenceEngine | undefined,
    packet: Packet,
    wanted: Destination | undefined,
  ): ConnectionHandle {
    const { connections } = this.#state;
    const found = this.#stored(engine, packet);
    if (found === NO_CONNECTION || this.#rejection(found, wanted) === undefined) return found;
    if (connections.virtualPort(found) !== INVALID_PORT) connections.invalidateTemplate(found);
    return NO_CONNECTION;
  }

  /** Returns the template of the key at hand, still good or not. */
  #stored(engine: PersistenceEngine | undefined, packet: Packet): ConnectionHandle {
    const { connections } = this.#state;
    const { family, protocol, virtualPort } = this.#seed;
    if (engine === undefined) {
      return connections.findTemplate(family, protocol, this.#client, this.#virtual, virtualPort);
    }
    return connections.findEngineTemplate(
      family,
      protocol,
      this.#client,
      this.#virtual,
      virtualPort,
      engine,
      packet.frame.bytes,
      this.#span,
    );
  }

  /** Makes a template of the key at hand. */
  #make(
    service: VirtualService,
    destination: Destination,
    engine: PersistenceEngine | undefined,
    packet: Packet,
  ): ConnectionHandle {
    const { connections, profile } = this.#state;
    const seed = this.#seed;
    seed.destinationFamily = destination.family;
    seed.destinationAddress = destination.address.words;
    seed.destinationPort = seed.virtualPort === 0 ? 0 : destination.port;
    seed.flags |= CONNECTION_FLAG.template | destination.connectionFlags | this.#extraFlags();
    const { start, end } = this.#span;
    const data = engine && { engine, bytes: packet.frame.bytes.slice(start, end) };
    const template = this.#lifecycle.open(seed, destination, data);
    connections.setTimeoutTicks(template, service.config.timeout * profile.ticksPerSecond);
    return template;
  }

  #extraFlags(): number {
    return this.#state.sysctls.conntrack !== 0 ? CONNECTION_FLAG.conntrack : 0;
  }

  /**
   * A template whose real server is gone, or not the one that is `wanted`, or quiesced where that matters,
   * binds nobody any more.
   */
  #rejection(
    template: ConnectionHandle,
    wanted: Destination | undefined,
  ): TemplateRejection | undefined {
    const destination = this.#lifecycle.destination(template);
    if (!destination?.available) return "server-removed";
    if (wanted !== undefined && destination !== wanted) return "other-server";
    const quiesced =
      destination.weight === 0 && this.#state.sysctls.expire_quiescent_template !== 0;
    return quiesced ? "server-quiesced" : undefined;
  }
}
