/**
 * The connections of a director, found through one hash from both sides.
 *
 * Both directions share one hash chain, as in the kernel: the hash covers protocol, client address and
 * client port, which a request carries as its source and a reply as its destination.
 *
 * The index grows by linear hashing, one chain at a time, so no insertion waits for a rehash. A new entry
 * goes to the head of its chain: among duplicates the newest wins.
 *
 * Source: linux ip_vs_conn.c for the keys and what they match; Litwin, "Linear hashing", 1980.
 *
 * @module
 */
import { hashBytes } from "../base/hash-bytes.ts";
import type { AddressWords, Family } from "../net/address.ts";
import {
  CONNECTION_FLAG,
  type ConnectionHandle,
  ConnectionRecords,
  NO_CONNECTION,
} from "./connection-records.ts";
import type {
  EngineData,
  EngineSpan,
  PersistenceEngine,
} from "./persistence-engine/persistence-engine.ts";

/** Buckets of the index are kept in arrays of this many. */
const SEGMENT_BITS = 12;
const SEGMENT_SIZE = 1 << SEGMENT_BITS;
const SEGMENT_MASK = SEGMENT_SIZE - 1;

const FIRST_BUCKETS = 1024;
/** Entries a chain holds on average before the index grows. */
const LOAD = 1;

/** The connection table. */
export class ConnectionTable extends ConnectionRecords {
  /** Heads of the chains, by segment. */
  readonly #buckets: Uint32Array[] = [];
  /** Buckets of the present round of linear hashing, a power of two, and how many are split. */
  #round = FIRST_BUCKETS;
  #split = 0;
  #hashed = 0;
  #noClientPort = 0;
  readonly #seed: number;
  /** What templates are told apart by beyond their record. */
  readonly #engineData = new Map<ConnectionHandle, EngineData>();

  /** @param seed makes the hash unpredictable to clients */
  constructor(seed: number) {
    super();
    this.#seed = seed | 0;
    for (let made = 0; made < FIRST_BUCKETS; made += SEGMENT_SIZE) {
      this.#buckets.push(new Uint32Array(SEGMENT_SIZE));
    }
  }

  /** Connections and templates that can be found. */
  get size(): number {
    return this.#hashed;
  }

  /** Lets a connection be found. */
  insert(handle: ConnectionHandle): void {
    const data = this.engineData(handle);
    const client = this.foldedClient(handle) ^ (data === undefined ? 0 : this.#hashOf(data.bytes));
    const hash = this.#hash(this.protocol(handle), client, this.clientPort(handle));
    this.setHash(handle, hash);
    this.#link(this.#bucketOf(hash), handle);
    const flags = this.flags(handle) | CONNECTION_FLAG.hashed;
    this.setFlags(handle, flags);
    if ((flags & CONNECTION_FLAG.noClientPort) !== 0) this.#noClientPort++;
    this.#hashed++;
    if (this.#hashed > (this.#round + this.#split) * LOAD) this.#splitOne();
  }

  /** Keeps a connection from being found. */
  remove(handle: ConnectionHandle): void {
    const flags = this.flags(handle);
    if ((flags & CONNECTION_FLAG.hashed) === 0) return;
    const bucket = this.#bucketOf(this.hash(handle));
    let before = NO_CONNECTION;
    for (let entry = this.#head(bucket); entry !== handle; entry = this.next(entry)) {
      before = entry;
    }
    const next = this.next(handle);
    if (before === NO_CONNECTION) this.#setHead(bucket, next);
    else this.setNext(before, next);
    this.setFlags(handle, flags & ~CONNECTION_FLAG.hashed);
    if ((flags & CONNECTION_FLAG.noClientPort) !== 0) this.#noClientPort--;
    this.#hashed--;
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
    const hash = this.#hash(protocol, foldWords(client), clientPort);
    let entry = this.#head(this.#bucketOf(hash));
    for (; entry !== NO_CONNECTION; entry = this.next(entry)) {
      if (
        this.isAnswered(entry, family, protocol, source, sourcePort, client, clientPort) &&
        (this.flags(entry) & CONNECTION_FLAG.template) === 0
      ) {
        break;
      }
    }
    return entry;
  }

  /**
   * Returns the persistence template of a group of clients.
   *
   * @param protocol 0 for templates of firewall-mark services
   * @param client address with the service's netmask applied
   * @param virtual virtual address; the mark in word 0 for templates of firewall-mark services
   */
  findTemplate(
    family: Family,
    protocol: number,
    client: Readonly<AddressWords>,
    virtual: Readonly<AddressWords>,
    virtualPort: number,
  ): ConnectionHandle {
    const hash = this.#hash(protocol, foldWords(client), 0);
    let entry = this.#head(this.#bucketOf(hash));
    for (; entry !== NO_CONNECTION; entry = this.next(entry)) {
      if (
        (this.flags(entry) & CONNECTION_FLAG.template) !== 0 &&
        !this.hasEngineData(entry) &&
        this.isBetween(entry, family, protocol, client, 0, virtual, virtualPort)
      ) {
        break;
      }
    }
    return entry;
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
  ): ConnectionHandle {
    const folded = foldWords(client) ^ this.#hashOf(bytes, span.start, span.end);
    let entry = this.#head(this.#bucketOf(this.#hash(protocol, folded, 0)));
    for (; entry !== NO_CONNECTION; entry = this.next(entry)) {
      if (
        this.hasEngineData(entry) &&
        this.isBetween(entry, family, protocol, client, 0, virtual, virtualPort) &&
        isData(this.engineData(entry)!, engine, bytes, span)
      ) {
        break;
      }
    }
    return entry;
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

  /** Chains of the index. */
  get chains(): number {
    return this.#round + this.#split;
  }

  /**
   * Calls `visit` for the connections of a chain, 0 to `chains - 1`, newest first. It may remove any; one
   * that is removed before its turn is left out.
   */
  forEachInChain(chain: number, visit: (handle: ConnectionHandle) => void): void {
    const handles: ConnectionHandle[] = [];
    for (let entry = this.#head(chain); entry !== NO_CONNECTION; entry = this.next(entry)) {
      handles.push(entry);
    }
    for (const handle of handles) {
      if ((this.flags(handle) & CONNECTION_FLAG.hashed) !== 0) visit(handle);
    }
  }

  /**
   * Yields the connections that can be found, chain by chain, newest first in each. The table may change
   * while they are taken: those there from the beginning to the end, under the same key, come once each.
   *
   * Chains are those of the beginning. A chain that has been dealt out since is in buckets whose numbers
   * differ from its own by multiples of what it was told apart by, and all of them are looked at together.
   */
  *walk(): Generator<ConnectionHandle, void, undefined> {
    const round = this.#round;
    const split = this.#split;
    const chain: ConnectionHandle[] = [];
    for (let first = 0; first < round + split; first++) {
      const modulus = first < split || first >= round ? round * 2 : round;
      chain.length = 0;
      for (let bucket = first; bucket < this.#round + this.#split; bucket += modulus) {
        let entry = this.#head(bucket);
        for (; entry !== NO_CONNECTION; entry = this.next(entry)) chain.push(entry);
      }
      for (const entry of chain) {
        // Since then it may have been removed, and another connection have got the handle.
        const hashed = (this.flags(entry) & CONNECTION_FLAG.hashed) !== 0;
        if (hashed && (this.hash(entry) & (modulus - 1)) === first) yield entry;
      }
    }
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
    const hash = this.#hash(protocol, foldWords(client), clientPort);
    const wanted = clientPort === 0 ? CONNECTION_FLAG.noClientPort : 0;
    let entry = this.#head(this.#bucketOf(hash));
    for (; entry !== NO_CONNECTION; entry = this.next(entry)) {
      if (!this.isBetween(entry, family, protocol, client, clientPort, virtual, virtualPort)) {
        continue;
      }
      const flags = this.flags(entry) & (CONNECTION_FLAG.noClientPort | CONNECTION_FLAG.template);
      if (flags === wanted) break;
    }
    return entry;
  }

  #hashOf(bytes: Uint8Array, start = 0, end = bytes.length): number {
    return hashBytes(bytes, start, end, this.#seed);
  }

  /** Mixes as MurmurHash3's finaliser does; 32 bits. */
  #hash(protocol: number, client: number, port: number): number {
    let hash = client ^ this.#seed;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash ^= (port << 8) ^ protocol;
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  #bucketOf(hash: number): number {
    const bucket = hash & (this.#round - 1);
    return bucket < this.#split ? hash & (this.#round * 2 - 1) : bucket;
  }

  #head(bucket: number): ConnectionHandle {
    return this.#buckets[bucket >>> SEGMENT_BITS]![bucket & SEGMENT_MASK]!;
  }

  #setHead(bucket: number, handle: ConnectionHandle): void {
    this.#buckets[bucket >>> SEGMENT_BITS]![bucket & SEGMENT_MASK] = handle;
  }

  #link(bucket: number, handle: ConnectionHandle): void {
    this.setNext(handle, this.#head(bucket));
    this.#setHead(bucket, handle);
  }

  /** Deals the entries of one chain out to two, keeping their order. */
  #splitOne(): void {
    const bucket = this.#split;
    const upper = this.#round + bucket;
    if (upper >>> SEGMENT_BITS >= this.#buckets.length) {
      this.#buckets.push(new Uint32Array(SEGMENT_SIZE));
    }
    let entry = this.#head(bucket);
    this.#setHead(bucket, NO_CONNECTION);
    let lowTail = NO_CONNECTION;
    let highTail = NO_CONNECTION;
    while (entry !== NO_CONNECTION) {
      const next = this.next(entry);
      this.setNext(entry, NO_CONNECTION);
      if ((this.hash(entry) & this.#round) === 0) {
        if (lowTail === NO_CONNECTION) this.#setHead(bucket, entry);
        else this.setNext(lowTail, entry);
        lowTail = entry;
      } else {
        if (highTail === NO_CONNECTION) this.#setHead(upper, entry);
        else this.setNext(highTail, entry);
        highTail = entry;
      }
      entry = next;
    }
    this.#split++;
    if (this.#split === this.#round) {
      this.#round *= 2;
      this.#split = 0;
    }
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
