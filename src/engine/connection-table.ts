/**
 * The connections of a director, found through one hash from both sides.
 *
 * Both directions share one hash, as in the kernel: it covers protocol, client address and client port,
 * which a request carries as its source and a reply as its destination. Among duplicates the newest wins.
 *
 * Source: linux ip_vs_conn.c for the keys and what they match.
 *
 * @module
 */
import type { Ticks } from "../base/clock.ts";
import type { AddressWords, Family } from "../net/address.ts";
import { ConnectionHash } from "./connection-hash.ts";
import { ConnectionIndex } from "./connection-index.ts";
import {
  CONNECTION_FLAG,
  type ConnectionHandle,
  ConnectionRecords,
  NO_CONNECTION,
  offsetOf,
  WORD,
} from "./connection-records.ts";
import { ConnectionWalk } from "./connection-walk.ts";
import type {
  EngineData,
  EngineSpan,
  PersistenceEngine,
} from "./persistence-engine/persistence-engine.ts";
import { PlainLookup } from "./plain-lookup.ts";

const FLAGS = WORD.flags;
const HASH = WORD.hash;
const NO_CLIENT_PORT = CONNECTION_FLAG.noClientPort;
const TEMPLATE = CONNECTION_FLAG.template;
const HASHED = CONNECTION_FLAG.hashed;

/** What a packet is found by: it has ports, and they are readable. */
export interface Flow {
  readonly family: Family;
  readonly protocol: number;
  readonly source: Readonly<AddressWords>;
  readonly sourcePort: number;
  readonly destination: Readonly<AddressWords>;
  readonly destinationPort: number;
}

/** The connection table. */
export class ConnectionTable extends ConnectionRecords {
  readonly #index = new ConnectionIndex();
  #noClientPort = 0;
  #additions = 0;
  readonly #hash: ConnectionHash;
  /** The look-ups of the packet path. */
  readonly plain: PlainLookup;
  /** What templates are told apart by beyond their record. */
  readonly #engineData = new Map<ConnectionHandle, EngineData>();

  /** @param seed makes the hash unpredictable to clients */
  constructor(seed: number) {
    super();
    this.#hash = new ConnectionHash(seed);
    this.plain = new PlainLookup(this, this.#index, this.#hash);
  }

  /** Connections and templates that can be found. */
  get size(): number {
    return this.#index.size;
  }

  /** How many connections have been let be found, ever. */
  get additions(): number {
    return this.#additions;
  }

  /** Whether there are connections whose client's port is not known yet. */
  get hasPortless(): boolean {
    return this.#noClientPort > 0;
  }

  /** Lets a connection be found. */
  insert(handle: ConnectionHandle): void {
    const record = this.segmentOf(handle);
    const at = offsetOf(handle);
    const data = this.engineData(handle);
    const client =
      this.foldedClient(handle) ^ (data === undefined ? 0 : this.#hash.ofBytes(data.bytes));
    const hash = this.#hash.of(this.protocol(handle), client, this.clientPort(handle));
    record[at + HASH] = hash;
    record[at + FLAGS]! |= HASHED;
    if ((record[at + FLAGS]! & NO_CLIENT_PORT) !== 0) this.#noClientPort++;
    this.#add(hash, handle);
  }

  /**
   * Makes a connection of IPv4 without a mark and lets it be found: `create` and `insert` for a packet that
   * has been read into words, see `PlainLookup`.
   *
   * @param address of the destination, as a signed word, which has number `destination`
   * @param flags neither of a template nor of an unknown client port
   */
  open4(
    protocol: number,
    source: number,
    target: number,
    ports: number,
    address: number,
    port: number,
    flags: number,
    timeout: Ticks,
    destination: number,
  ): ConnectionHandle {
    const hash = this.#hash.of(protocol, source, ports >>> 16);
    const handle = this.create4(
      protocol,
      source,
      target,
      ports,
      address,
      port,
      flags | HASHED,
      timeout,
      destination,
      hash,
    );
    this.#add(hash, handle);
    return handle;
  }

  /** Keeps a connection from being found. */
  remove(handle: ConnectionHandle): void {
    const flags = this.flags(handle);
    if ((flags & CONNECTION_FLAG.hashed) === 0) return;
    this.#index.remove(this.hash(handle), handle);
    this.setFlags(handle, flags & ~CONNECTION_FLAG.hashed);
    if ((flags & CONNECTION_FLAG.noClientPort) !== 0) this.#noClientPort--;
  }

  /**
   * Returns the connection whose client sent a packet: `findForward` at its first try, for the packet path.
   */
  requestOf(flow: Flow): ConnectionHandle {
    const { family, protocol, source, sourcePort, destination, destinationPort } = flow;
    this.#index.seek(this.#hash.of(protocol, foldWords(source), sourcePort));
    return this.#stepTo(
      family,
      protocol,
      source,
      sourcePort,
      destination,
      destinationPort,
      NO_CLIENT_PORT | TEMPLATE,
      sourcePort === 0 ? NO_CLIENT_PORT : 0,
    );
  }

  /** Returns the connection whose server sent a packet: `findReverse` for the packet path. */
  replyOf(flow: Flow): ConnectionHandle {
    const { family, protocol, source, sourcePort, destination, destinationPort } = flow;
    return this.findReverse(family, protocol, source, sourcePort, destination, destinationPort);
  }

  /**
   * Returns the connection a request belongs to.
   *
   * A source port of 0 matches only connections whose client port is not known yet, as does the second
   * try with port 0 (engine helpers make such connections before the client has shown its port).
   */
  findForward(
    family: Family,
    protocol: number,
    client: Readonly<AddressWords>,
    clientPort: number,
    virtual: Readonly<AddressWords>,
    virtualPort: number,
  ): ConnectionHandle {
    const found = this.#find(family, protocol, client, clientPort, virtual, virtualPort);
    if (found !== NO_CONNECTION || this.#noClientPort === 0 || clientPort === 0) return found;
    return this.#find(family, protocol, client, 0, virtual, virtualPort);
  }

  /**
   * Returns the connection a reply belongs to.
   *
   * The reply's source is the destination's address and port where the method is masquerade, and the
   * virtual address and port for every other method.
   */
  findReverse(
    family: Family,
    protocol: number,
    source: Readonly<AddressWords>,
    sourcePort: number,
    client: Readonly<AddressWords>,
    clientPort: number,
  ): ConnectionHandle {
    const index = this.#index;
    index.seek(this.#hash.of(protocol, foldWords(client), clientPort));
    let entry = index.step();
    while (
      entry !== NO_CONNECTION &&
      !this.isAnswered(entry, family, protocol, source, sourcePort, client, clientPort)
    ) {
      entry = index.step();
    }
    return entry;
  }

  /**
   * Returns the persistence template of a group of clients.
   *
   * @param protocol 0 for templates of firewall-mark services
   * @param client address with the service's netmask applied
   * @param virtual virtual address; the mark in word 0 for templates of firewall-mark services
   * @param clientPort 0, but for what another director told
   */
  findTemplate(
    family: Family,
    protocol: number,
    client: Readonly<AddressWords>,
    virtual: Readonly<AddressWords>,
    virtualPort: number,
    clientPort = 0,
  ): ConnectionHandle {
    this.#index.seek(this.#hash.of(protocol, foldWords(client), clientPort));
    for (;;) {
      const entry = this.#stepToTemplate(
        family,
        protocol,
        client,
        clientPort,
        virtual,
        virtualPort,
      );
      if (entry === NO_CONNECTION || !this.hasEngineData(entry)) return entry;
    }
  }

  /**
   * Returns the persistence template of those among a group of clients whose packets have what `span` of
   * `bytes` has for `engine`; see `findTemplate` for the rest.
   */
  findEngineTemplate(
    family: Family,
    protocol: number,
    client: Readonly<AddressWords>,
    virtual: Readonly<AddressWords>,
    virtualPort: number,
    engine: PersistenceEngine,
    bytes: Uint8Array,
    span: Readonly<EngineSpan>,
    clientPort = 0,
  ): ConnectionHandle {
    const folded = foldWords(client) ^ this.#hash.ofBytes(bytes, span.start, span.end);
    this.#index.seek(this.#hash.of(protocol, folded, clientPort));
    for (;;) {
      const entry = this.#stepToTemplate(
        family,
        protocol,
        client,
        clientPort,
        virtual,
        virtualPort,
      );
      if (entry === NO_CONNECTION) return entry;
      if (this.hasEngineData(entry) && isData(this.engineData(entry)!, engine, bytes, span)) {
        return entry;
      }
    }
  }

  /** Makes a template that cannot be found yet one of the clients `data` tells. */
  setEngineData(handle: ConnectionHandle, data: EngineData): void {
    this.setHasEngineData(handle);
    this.#engineData.set(handle, data);
  }

  /** Returns what the clients of a template have in common beyond their address. */
  engineData(handle: ConnectionHandle): EngineData | undefined {
    return this.hasEngineData(handle) ? this.#engineData.get(handle) : undefined;
  }

  override release(handle: ConnectionHandle): void {
    if (this.hasEngineData(handle)) this.#engineData.delete(handle);
    super.release(handle);
  }

  /** Buckets of the index. */
  get buckets(): number {
    return this.#index.buckets;
  }

  /**
   * Calls `visit` for the connections of a bucket, 0 to `buckets - 1`, newest first. It may remove any; one
   * that is removed before its turn is left out.
   */
  forEachInBucket(bucket: number, visit: (handle: ConnectionHandle) => void): void {
    const handles: ConnectionHandle[] = [];
    this.#index.gather(bucket, handles, 0);
    for (const handle of handles) {
      if ((this.flags(handle) & CONNECTION_FLAG.hashed) !== 0) visit(handle);
    }
  }

  /** Begins to walk through the connections that can be found. */
  walk(): ConnectionWalk {
    return new ConnectionWalk(this.#index, this);
  }

  /** Makes a template unfindable for good: ports nothing asks for (see `findTemplate`). */
  invalidateTemplate(handle: ConnectionHandle): void {
    this.remove(handle);
    this.setPorts(handle, 0, 0xffff);
    this.setDestinationPort(handle, 0xffff);
    this.insert(handle);
  }

  /** Gives a connection made without a client port the one its client has shown. */
  setClientPort(handle: ConnectionHandle, port: number): void {
    this.remove(handle);
    this.setPorts(handle, port, this.virtualPort(handle));
    this.setFlags(handle, this.flags(handle) & ~CONNECTION_FLAG.noClientPort);
    this.insert(handle);
  }

  #find(
    family: Family,
    protocol: number,
    client: Readonly<AddressWords>,
    clientPort: number,
    virtual: Readonly<AddressWords>,
    virtualPort: number,
  ): ConnectionHandle {
    this.#index.seek(this.#hash.of(protocol, foldWords(client), clientPort));
    return this.#stepTo(
      family,
      protocol,
      client,
      clientPort,
      virtual,
      virtualPort,
      NO_CLIENT_PORT,
      clientPort === 0 ? NO_CLIENT_PORT : 0,
    );
  }

  /** Returns the next connection of the hash sought that is what `isBetween` tells, or NO_CONNECTION. */
  #stepTo(
    family: Family,
    protocol: number,
    client: Readonly<AddressWords>,
    clientPort: number,
    virtual: Readonly<AddressWords>,
    virtualPort: number,
    mask: number,
    flags: number,
  ): ConnectionHandle {
    const index = this.#index;
    const ports = (clientPort << 16) | virtualPort;
    let entry = index.step();
    while (
      entry !== NO_CONNECTION &&
      !this.isBetween(entry, family, protocol, client, virtual, ports, mask, flags)
    ) {
      entry = index.step();
    }
    return entry;
  }

  /** `#stepTo` for templates. */
  #stepToTemplate(
    family: Family,
    protocol: number,
    client: Readonly<AddressWords>,
    clientPort: number,
    virtual: Readonly<AddressWords>,
    virtualPort: number,
  ): ConnectionHandle {
    return this.#stepTo(
      family,
      protocol,
      client,
      clientPort,
      virtual,
      virtualPort,
      TEMPLATE,
      TEMPLATE,
    );
  }

  /** Lets an entry be found, as the newest of its hash. */
  #add(hash: number, handle: ConnectionHandle): void {
    this.#additions++;
    this.plain.added(hash);
    this.#index.add(hash, handle);
  }
}

function isData(
  data: EngineData,
  engine: PersistenceEngine,
  bytes: Uint8Array,
  span: Readonly<EngineSpan>,
): boolean {
  const length = span.end - span.start;
  if (data.engine !== engine || data.bytes.length !== length) return false;
  for (let index = 0; index < length; index++) {
    if (data.bytes[index] !== bytes[span.start + index]) return false;
  }
  return true;
}

function foldWords(words: Readonly<AddressWords>): number {
  return words[0]! ^ words[1]! ^ words[2]! ^ words[3]!;
}
