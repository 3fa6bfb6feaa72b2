/**
 * The backup: learns of the connections of other directors.
 *
 * Source: linux ip_vs_sync.c `ip_vs_process_message`, `ip_vs_proc_conn`, ip_vs_conn.c `ip_vs_try_bind_dest`,
 * as observed on a running kernel.
 *
 * @module
 */
import { sameWords } from "../../net/address.ts";
import { type SyncProblem, SyncReader, type SyncRecord } from "../../wire/ipvs-sync.ts";
import { type ConnectionLifecycle, TEMPLATE_STATE } from "../connection-lifecycle.ts";
import {
  CONNECTION_FLAG,
  type ConnectionHandle,
  emptySeed,
  NO_CONNECTION,
} from "../connection-records.ts";
import type { Destination } from "../destination.ts";
import type { EngineState } from "../engine-state.ts";
import { persistenceEngines } from "../persistence-engine/index.ts";
import type { EngineData } from "../persistence-engine/persistence-engine.ts";
import type { SyncCounters } from "./sync-counters.ts";

const SEQUENCE_FLAGS = CONNECTION_FLAG.inputSequence | CONNECTION_FLAG.outputSequence;
/** Flags of a known connection that a record changes. */
const CHANGED_FLAGS = CONNECTION_FLAG.inactive | SEQUENCE_FLAGS;
/** Life of what a version 0 record does not tell, in seconds. */
const UNTOLD_SECONDS = 180;
/** The longest time kept, in ticks. (A kernel of 64 bits keeps what is longer than 248 days as it is told.) */
const MAX_TICKS = 2147483647;

/** The backup daemon of one director, while it runs. */
export class SyncBackup {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #counters: SyncCounters;
  readonly #syncId: number;
  readonly #reader = new SyncReader();
  readonly #seed = emptySeed();
  readonly #address = new Uint32Array(4);

  /** @param syncId group whose messages are taken, or 0 for all */
  constructor(
    state: EngineState,
    lifecycle: ConnectionLifecycle,
    counters: SyncCounters,
    syncId: number,
  ) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#counters = counters;
    this.#syncId = syncId;
  }

  /** Takes what a message tells; what is wrong with it is counted. */
  take(message: Uint8Array): void {
    const reader = this.#reader;
    const counters = this.#counters;
    counters.receivedMessages++;
    const problem = reader.open(message, this.#syncId);
    if (problem !== undefined) {
      counters.refuse(problem);
      return;
    }
    while (reader.hasMore) {
      const problem = reader.next() ?? this.#takeRecord(reader.record);
      if (problem === undefined) counters.takenRecords++;
      else counters.refuse(problem);
    }
  }

  #takeRecord(record: SyncRecord): SyncProblem | undefined {
    if ((record.flags & CONNECTION_FLAG.template) !== 0) {
      if (record.state > TEMPLATE_STATE.assured) return "bad-state";
    } else {
      const protocol = this.#state.protocol(record.protocol);
      if (protocol === undefined) return "unknown-protocol";
      // Protocols without a state of their own have one all the same.
      if (record.state >= Math.max(protocol.stateNames.length, 1)) return "bad-state";
    }
    const data = engineDataOf(record);
    if (data === null) return "unknown-engine";
    // Without a protocol the virtual address is a mark, and of that there is one word.
    if (record.protocol === 0) record.virtual.fill(0, 1);
    const handle = this.#known(record, data) ?? this.#make(record, data);
    if (handle !== NO_CONNECTION) this.#update(handle, record);
    return undefined;
  }

  /**
   * Returns the connection the record is about, brought up to date; `undefined` where it is to be made, and
   * NO_CONNECTION where the record tells the end of one that has been replaced.
   */
  #known(record: SyncRecord, data: EngineData | undefined): ConnectionHandle | undefined {
    const { connections } = this.#state;
    const { family, protocol, client, clientPort, virtual, virtualPort } = record;
    if ((record.flags & CONNECTION_FLAG.template) !== 0) {
      const found =
        data === undefined
          ? connections.findTemplate(family, protocol, client, virtual, virtualPort, clientPort)
          : connections.findEngineTemplate(
              family,
              protocol,
              client,
              virtual,
              virtualPort,
              data.engine,
              data.bytes,
              { start: 0, end: data.bytes.length },
              clientPort,
            );
      if (found === NO_CONNECTION) return undefined;
      this.#refresh(found, record);
      return found;
    }
    const found = connections.findForward(
      family,
      protocol,
      client,
      clientPort,
      virtual,
      virtualPort,
    );
    if (found === NO_CONNECTION) return undefined;
    if (!this.#leadsTo(found, record)) {
      if ((record.flags & CONNECTION_FLAG.inactive) !== 0) return NO_CONNECTION;
      this.#lifecycle.expireNow(found);
      return undefined;
    }
    this.#refresh(found, record);
    return found;
  }

  #leadsTo(handle: ConnectionHandle, record: SyncRecord): boolean {
    const { connections } = this.#state;
    connections.readDestination(handle, this.#address);
    return (
      connections.destinationPort(handle) === record.destinationPort &&
      connections.destinationFamily(handle) === record.family &&
      sameWords(this.#address, record.destination)
    );
  }

  /** Gives a known connection the flags of the record, and a destination if it has none. */
  #refresh(handle: ConnectionHandle, { flags }: SyncRecord): void {
    const { connections } = this.#state;
    const before = connections.flags(handle);
    const destination = this.#lifecycle.destination(handle);
    const template = (flags & CONNECTION_FLAG.template) !== 0;
    if (destination !== undefined && !template && (before ^ flags) & CONNECTION_FLAG.inactive) {
      destination.activeConnections += (flags & CONNECTION_FLAG.inactive) !== 0 ? -1 : 1;
    }
    connections.setFlags(handle, (before & ~CHANGED_FLAGS) | (flags & CHANGED_FLAGS));
    if (destination === undefined) this.#bind(handle);
  }

  /** Binds a connection that has no destination, if there is one now. */
  #bind(handle: ConnectionHandle): void {
    const { connections } = this.#state;
    const flags = connections.flags(handle);
    connections.readDestination(handle, this.#address);
    const virtual = new Uint32Array(4);
    connections.readVirtual(handle, virtual);
    const found = this.#find(
      {
        family: connections.family(handle),
        protocol: connections.protocol(handle),
        virtual,
        virtualPort: connections.virtualPort(handle),
        destination: this.#address,
        destinationPort: connections.destinationPort(handle),
        mark: connections.mark(handle),
      },
      flags,
    );
    if (found !== undefined) this.#lifecycle.bind(handle, found, inherited(flags, found));
  }

  #make(record: SyncRecord, data: EngineData | undefined): ConnectionHandle {
    const { sysctls } = this.#state;
    const template = (record.flags & CONNECTION_FLAG.template) !== 0;
    const destination = this.#find(record, record.flags);
    const flags =
      record.flags |
      CONNECTION_FLAG.synced |
      (sysctls.conntrack !== 0 ? CONNECTION_FLAG.conntrack : 0);
    const seed = this.#seed;
    seed.family = record.family;
    seed.destinationFamily = record.family;
    seed.protocol = record.protocol;
    seed.clientAddress = record.client;
    seed.clientPort = record.clientPort;
    seed.virtualAddress = record.virtual;
    seed.virtualPort = record.virtualPort;
    seed.destinationAddress = record.destination;
    seed.destinationPort = record.destinationPort;
    seed.mark = record.mark;
    seed.flags = destination === undefined ? flags : inherited(flags, destination);
    return this.#lifecycle.open(
      seed,
      destination,
      // A message's bytes are used again.
      template && data !== undefined
        ? { engine: data.engine, bytes: data.bytes.slice() }
        : undefined,
    );
  }

  /** Gives a connection state, counts and time, as the record tells them. */
  #update(handle: ConnectionHandle, record: SyncRecord): void {
    const { connections, sysctls, profile } = this.#state;
    if (record.hasSequence && connections.isHelped(handle)) {
      this.#state.ftp.get(handle).adopt(record.flags, record.sequence);
    }
    connections.setPackets(handle, sysctls.sync_threshold);
    connections.setState(handle, record.state);
    connections.setToldState(handle, record.state);
    const seconds = record.timeout || this.#untoldSeconds(handle, record);
    connections.setTimeoutTicks(handle, Math.min(seconds * profile.ticksPerSecond, MAX_TICKS));
    this.#lifecycle.release(handle);
  }

  #untoldSeconds(handle: ConnectionHandle, { protocol, state }: SyncRecord): number {
    if ((this.#state.connections.flags(handle) & CONNECTION_FLAG.template) !== 0)
      return UNTOLD_SECONDS;
    return this.#state.protocol(protocol)?.timeouts[state] ?? UNTOLD_SECONDS;
  }

  /** Returns the destination a connection is to be bound to, by the rules packets are scheduled by. */
  #find(key: DestinationKey, flags: number): Destination | undefined {
    const { family, mark, protocol, virtual, virtualPort, destination, destinationPort } = key;
    const { services } = this.#state;
    const service = services.lookup(family, mark, protocol, virtual, virtualPort);
    if (service === undefined) return undefined;
    const portless = mark !== 0 && (flags & CONNECTION_FLAG.methodMask) !== 0;
    const has = (port: number) =>
      service.destinations.find(
        (one) =>
          one.port === port && one.family === family && sameWords(one.address.words, destination),
      );
    return portless ? (has(0) ?? has(destinationPort)) : (has(destinationPort) ?? has(0));
  }
}

/** What a destination is found by. */
type DestinationKey = Pick<
  SyncRecord,
  "family" | "mark" | "protocol" | "virtual" | "virtualPort" | "destination" | "destinationPort"
>;

/** Returns the flags of a connection bound to a destination: its method counts, not the record's. */
function inherited(flags: number, destination: Destination): number {
  const template = (flags & CONNECTION_FLAG.template) !== 0;
  const own = flags & ~(CONNECTION_FLAG.methodMask | CONNECTION_FLAG.noOutput);
  const { connectionFlags } = destination;
  return own | (template ? connectionFlags : connectionFlags & ~CONNECTION_FLAG.inactive);
}

/** Returns what a record's engine has found, `undefined` for nothing, `null` where it is of no known engine. */
function engineDataOf({ engineName, engineData }: SyncRecord): EngineData | undefined | null {
  if (engineData.length === 0) return undefined;
  const engine = persistenceEngines.get(engineName);
  return engine === undefined ? null : { engine, bytes: engineData };
}
