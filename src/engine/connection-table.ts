/**
 * The connections: fixed-size records in a segmented arena, found through one hash from both sides.
 *
 * A connection is a small integer, its record 26 words of 4 bytes. Both directions share one hash
 * chain, as in the kernel: the hash covers protocol, client address and client port, which a request
 * carries as its source and a reply as its destination.
 *
 *     word  0– 3  client address                17  children (connections it controls)
 *           4– 7  virtual address               18  timeout, ticks
 *           8–11  destination address           19  expires: tick the timeout ends
 *          12     client port, virtual port     20  fires: tick the timer wheel makes of it
 *          13     destination port, protocol,   21  armed: tick the wheel visits it
 *                 families                      22  packets in
 *          14     flags, state                  23  firewall mark
 *          15     next in chain                 24  destination
 *          16     controller                    25  hash
 *
 * The arena grows by segments and the index by linear hashing, one chain at a time, so no insertion
 * waits for a rehash. A new entry goes to the head of its chain: among duplicates the newest wins.
 *
 * Source: linux ip_vs_conn.c for the keys and what they match; Litwin, "Linear hashing", 1980.
 *
 * @module
 */
import type { Ticks } from "../base/clock.ts";
import type { AddressWords, Family } from "../net/address.ts";

/** A connection: 1 or more; 0 is none. */
export type ConnectionHandle = number;

/** No connection. */
export const NO_CONNECTION: ConnectionHandle = 0;

/** Bits of a connection's flags. Source: linux/ip_vs.h `IP_VS_CONN_F_*`. */
export const CONNECTION_FLAG = {
  /** Forwarding method: 0 masquerade, 1 local, 2 tunnel, 3 direct route, 4 bypass. */
  methodMask: 0x7,
  synced: 0x20,
  hashed: 0x40,
  /** Replies are not expected to pass the director. */
  noOutput: 0x80,
  /** Not counted among its destination's active connections. */
  inactive: 0x100,
  outputSequence: 0x200,
  inputSequence: 0x400,
  noClientPort: 0x800,
  template: 0x1000,
  onePacket: 0x2000,
  conntrack: 0x10000,
} as const;

const SEGMENT_BITS = 12;
const SEGMENT_SIZE = 1 << SEGMENT_BITS;
const SEGMENT_MASK = SEGMENT_SIZE - 1;
const WORDS = 26;

const CLIENT = 0;
const VIRTUAL = 4;
const DESTINATION_ADDRESS = 8;
const PORTS = 12;
const DESTINATION_PORT = 13;
const FLAGS = 14;
const NEXT = 15;
const CONTROLLER = 16;
const CHILDREN = 17;
const TIMEOUT = 18;
const EXPIRES = 19;
const FIRES = 20;
const ARMED = 21;
const PACKETS = 22;
const MARK = 23;
const DESTINATION = 24;
const HASH = 25;

/** Low 8 bits of word 13: family of the service side and of the destination side. */
const IPV6_BIT = 0x1;
const IPV6_DESTINATION_BIT = 0x2;
/** Flags are the low 20 bits of word 14, the state the upper 12. */
const FLAG_MASK = 0xfffff;
const STATE_SHIFT = 20;

const FIRST_BUCKETS = 1024;
/** Entries a chain holds on average before the index grows. */
const LOAD = 1;

/** What a new connection is made of. Reused by its owner: the table copies it. */
export interface ConnectionSeed {
  family: Family;
  destinationFamily: Family;
  protocol: number;
  clientAddress: Readonly<AddressWords>;
  clientPort: number;
  virtualAddress: Readonly<AddressWords>;
  virtualPort: number;
  destinationAddress: Readonly<AddressWords>;
  destinationPort: number;
  /** Sum of `CONNECTION_FLAG` values. */
  flags: number;
  mark: number;
}

/** The connection table. */
export class ConnectionTable {
  readonly #segments: Uint32Array[] = [];
  /** Heads of the chains, by segment. */
  readonly #buckets: Uint32Array[] = [];
  /** Buckets of the present round of linear hashing, a power of two, and how many are split. */
  #round = FIRST_BUCKETS;
  #split = 0;
  #free: ConnectionHandle = NO_CONNECTION;
  /** Handles ever handed out. */
  #high = 0;
  #hashed = 0;
  #noClientPort = 0;
  readonly #seed: number;

  /** @param seed makes the hash unpredictable to clients */
  constructor(seed: number) {
    this.#seed = seed | 0;
    for (let made = 0; made < FIRST_BUCKETS; made += SEGMENT_SIZE) {
      this.#buckets.push(new Uint32Array(SEGMENT_SIZE));
    }
  }

  /** Connections and templates that can be found. */
  get size(): number {
    return this.#hashed;
  }

  /** Makes a connection of `seed`, not to be found until `insert`. */
  create(seed: Readonly<ConnectionSeed>): ConnectionHandle {
    const handle = this.#allocate();
    const record = this.#segments[handle >>> SEGMENT_BITS]!;
    const at = (handle & SEGMENT_MASK) * WORDS;
    for (let word = 0; word < 4; word++) {
      record[at + CLIENT + word] = seed.clientAddress[word]!;
      record[at + VIRTUAL + word] = seed.virtualAddress[word]!;
      record[at + DESTINATION_ADDRESS + word] = seed.destinationAddress[word]!;
    }
    record[at + PORTS] = (seed.clientPort << 16) | seed.virtualPort;
    record[at + DESTINATION_PORT] =
      (seed.destinationPort << 16) |
      (seed.protocol << 8) |
      (seed.family === 6 ? IPV6_BIT : 0) |
      (seed.destinationFamily === 6 ? IPV6_DESTINATION_BIT : 0);
    record[at + FLAGS] = seed.flags & FLAG_MASK;
    for (let word = NEXT; word <= PACKETS; word++) record[at + word] = 0;
    record[at + MARK] = seed.mark;
    record[at + DESTINATION] = 0;
    return handle;
  }

  /** Gives the record of a connection that cannot be found any more back to the arena. */
  release(handle: ConnectionHandle): void {
    this.#set(handle, NEXT, this.#free);
    this.#free = handle;
  }

  /** Lets a connection be found. */
  insert(handle: ConnectionHandle): void {
    const hash = this.#hash(
      this.protocol(handle),
      this.#foldedClient(handle),
      this.clientPort(handle),
    );
    this.#set(handle, HASH, hash);
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
    const bucket = this.#bucketOf(this.#get(handle, HASH));
    let before = NO_CONNECTION;
    for (let entry = this.#head(bucket); entry !== handle; entry = this.#get(entry, NEXT)) {
      before = entry;
    }
    const next = this.#get(handle, NEXT);
    if (before === NO_CONNECTION) this.#setHead(bucket, next);
    else this.#set(before, NEXT, next);
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
    for (; entry !== NO_CONNECTION; entry = this.#get(entry, NEXT)) {
      const record = this.#segments[entry >>> SEGMENT_BITS]!;
      const at = (entry & SEGMENT_MASK) * WORDS;
      if (record[at + PORTS]! >>> 16 !== clientPort || !same(record, at + CLIENT, client)) continue;
      const packed = record[at + DESTINATION_PORT]!;
      if (((packed >>> 8) & 0xff) !== protocol) continue;
      if ((packed & IPV6_BIT) !== (family === 6 ? IPV6_BIT : 0)) continue;
      const flags = record[at + FLAGS]!;
      if ((flags & CONNECTION_FLAG.template) !== 0) continue;
      const masquerade = (flags & CONNECTION_FLAG.methodMask) === 0;
      const port = masquerade ? packed >>> 16 : record[at + PORTS]! & 0xffff;
      if (port !== sourcePort) continue;
      if (same(record, at + (masquerade ? DESTINATION_ADDRESS : VIRTUAL), source)) break;
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
    for (; entry !== NO_CONNECTION; entry = this.#get(entry, NEXT)) {
      if (
        (this.flags(entry) & CONNECTION_FLAG.template) !== 0 &&
        this.#matches(entry, family, protocol, client, 0, virtual, virtualPort)
      ) {
        break;
      }
    }
    return entry;
  }

  /** Calls `visit` for every connection that can be found, chain by chain, newest first in each. */
  forEach(visit: (handle: ConnectionHandle) => void): void {
    const buckets = this.#round + this.#split;
    for (let bucket = 0; bucket < buckets; bucket++) {
      let entry = this.#head(bucket);
      while (entry !== NO_CONNECTION) {
        const next = this.#get(entry, NEXT);
        visit(entry);
        entry = next;
      }
    }
  }

  /** Makes a template unfindable for good: ports nothing asks for (see `findTemplate`). */
  invalidateTemplate(handle: ConnectionHandle): void {
    this.remove(handle);
    this.#set(handle, PORTS, 0xffff);
    this.#set(handle, DESTINATION_PORT, (this.#get(handle, DESTINATION_PORT) | 0xffff0000) >>> 0);
    this.insert(handle);
  }

  family(handle: ConnectionHandle): Family {
    return (this.#get(handle, DESTINATION_PORT) & IPV6_BIT) !== 0 ? 6 : 4;
  }

  destinationFamily(handle: ConnectionHandle): Family {
    return (this.#get(handle, DESTINATION_PORT) & IPV6_DESTINATION_BIT) !== 0 ? 6 : 4;
  }

  protocol(handle: ConnectionHandle): number {
    return (this.#get(handle, DESTINATION_PORT) >>> 8) & 0xff;
  }

  clientPort(handle: ConnectionHandle): number {
    return this.#get(handle, PORTS) >>> 16;
  }

  virtualPort(handle: ConnectionHandle): number {
    return this.#get(handle, PORTS) & 0xffff;
  }

  destinationPort(handle: ConnectionHandle): number {
    return this.#get(handle, DESTINATION_PORT) >>> 16;
  }

  /** Word `word`, 0–3, of the client address. */
  clientWord(handle: ConnectionHandle, word: number): number {
    return this.#get(handle, CLIENT + word);
  }

  /** Word `word`, 0–3, of the virtual address. */
  virtualWord(handle: ConnectionHandle, word: number): number {
    return this.#get(handle, VIRTUAL + word);
  }

  /** Word `word`, 0–3, of the destination address. */
  destinationWord(handle: ConnectionHandle, word: number): number {
    return this.#get(handle, DESTINATION_ADDRESS + word);
  }

  /** Sum of `CONNECTION_FLAG` values. */
  flags(handle: ConnectionHandle): number {
    return this.#get(handle, FLAGS) & FLAG_MASK;
  }

  setFlags(handle: ConnectionHandle, flags: number): void {
    this.#set(handle, FLAGS, (this.#get(handle, FLAGS) & ~FLAG_MASK) | flags);
  }

  /** Number of the protocol's state, 0–4095. */
  state(handle: ConnectionHandle): number {
    return this.#get(handle, FLAGS) >>> STATE_SHIFT;
  }

  setState(handle: ConnectionHandle, state: number): void {
    this.#set(handle, FLAGS, (this.#get(handle, FLAGS) & FLAG_MASK) | (state << STATE_SHIFT));
  }

  /** The connection or template that cannot end before this one. */
  controller(handle: ConnectionHandle): ConnectionHandle {
    return this.#get(handle, CONTROLLER);
  }

  setController(handle: ConnectionHandle, controller: ConnectionHandle): void {
    this.#set(handle, CONTROLLER, controller);
  }

  /** How many connections this one controls. */
  children(handle: ConnectionHandle): number {
    return this.#get(handle, CHILDREN);
  }

  setChildren(handle: ConnectionHandle, count: number): void {
    this.#set(handle, CHILDREN, count);
  }

  timeout(handle: ConnectionHandle): Ticks {
    return this.#get(handle, TIMEOUT);
  }

  setTimeoutTicks(handle: ConnectionHandle, timeout: Ticks): void {
    this.#set(handle, TIMEOUT, timeout);
  }

  /** Tick at which the timeout ends, as commands see it. Ticks are kept modulo 2^32. */
  expires(handle: ConnectionHandle): Ticks {
    return this.#get(handle, EXPIRES);
  }

  /** Tick at which the connection's timer really fires. */
  fires(handle: ConnectionHandle): Ticks {
    return this.#get(handle, FIRES);
  }

  setDeadline(handle: ConnectionHandle, expires: Ticks, fires: Ticks): void {
    this.#set(handle, EXPIRES, expires);
    this.#set(handle, FIRES, fires);
  }

  /** Tick at which the timer wheel visits the connection; not later than `fires`. */
  armed(handle: ConnectionHandle): Ticks {
    return this.#get(handle, ARMED);
  }

  setArmed(handle: ConnectionHandle, tick: Ticks): void {
    this.#set(handle, ARMED, tick);
  }

  /** Packets of the client counted so far, modulo 2^32. */
  packets(handle: ConnectionHandle): number {
    return this.#get(handle, PACKETS);
  }

  setPackets(handle: ConnectionHandle, count: number): void {
    this.#set(handle, PACKETS, count);
  }

  mark(handle: ConnectionHandle): number {
    return this.#get(handle, MARK);
  }

  /** Number of the destination, 1 or more, or 0 for none. */
  destination(handle: ConnectionHandle): number {
    return this.#get(handle, DESTINATION);
  }

  setDestination(handle: ConnectionHandle, destination: number): void {
    this.#set(handle, DESTINATION, destination);
  }

  /** Gives a connection made without a client port the one its client has shown. */
  setClientPort(handle: ConnectionHandle, port: number): void {
    this.remove(handle);
    this.#set(handle, PORTS, (port << 16) | this.virtualPort(handle));
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
    for (; entry !== NO_CONNECTION; entry = this.#get(entry, NEXT)) {
      if (!this.#matches(entry, family, protocol, client, clientPort, virtual, virtualPort)) {
        continue;
      }
      const flags = this.flags(entry) & (CONNECTION_FLAG.noClientPort | CONNECTION_FLAG.template);
      if (flags === wanted) break;
    }
    return entry;
  }

  #matches(
    entry: ConnectionHandle,
    family: Family,
    protocol: number,
    client: Readonly<AddressWords>,
    clientPort: number,
    virtual: Readonly<AddressWords>,
    virtualPort: number,
  ): boolean {
    const record = this.#segments[entry >>> SEGMENT_BITS]!;
    const at = (entry & SEGMENT_MASK) * WORDS;
    const packed = record[at + DESTINATION_PORT]!;
    return (
      record[at + PORTS] === ((clientPort << 16) | virtualPort) >>> 0 &&
      same(record, at + CLIENT, client) &&
      same(record, at + VIRTUAL, virtual) &&
      ((packed >>> 8) & 0xff) === protocol &&
      (packed & IPV6_BIT) === (family === 6 ? IPV6_BIT : 0)
    );
  }

  #allocate(): ConnectionHandle {
    const recycled = this.#free;
    if (recycled !== NO_CONNECTION) {
      this.#free = this.#get(recycled, NEXT);
      return recycled;
    }
    const handle = ++this.#high;
    if (handle >>> SEGMENT_BITS >= this.#segments.length) {
      this.#segments.push(new Uint32Array(SEGMENT_SIZE * WORDS));
    }
    return handle;
  }

  #get(handle: ConnectionHandle, word: number): number {
    return this.#segments[handle >>> SEGMENT_BITS]![(handle & SEGMENT_MASK) * WORDS + word]!;
  }

  #set(handle: ConnectionHandle, word: number, value: number): void {
    this.#segments[handle >>> SEGMENT_BITS]![(handle & SEGMENT_MASK) * WORDS + word] = value;
  }

  #foldedClient(handle: ConnectionHandle): number {
    return (
      this.#get(handle, CLIENT) ^
      this.#get(handle, CLIENT + 1) ^
      this.#get(handle, CLIENT + 2) ^
      this.#get(handle, CLIENT + 3)
    );
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
    this.#set(handle, NEXT, this.#head(bucket));
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
      const next = this.#get(entry, NEXT);
      this.#set(entry, NEXT, NO_CONNECTION);
      if ((this.#get(entry, HASH) & this.#round) === 0) {
        if (lowTail === NO_CONNECTION) this.#setHead(bucket, entry);
        else this.#set(lowTail, NEXT, entry);
        lowTail = entry;
      } else {
        if (highTail === NO_CONNECTION) this.#setHead(upper, entry);
        else this.#set(highTail, NEXT, entry);
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

function foldWords(words: Readonly<AddressWords>): number {
  return words[0]! ^ words[1]! ^ words[2]! ^ words[3]!;
}

function same(record: Uint32Array, at: number, words: Readonly<AddressWords>): boolean {
  return (
    record[at] === words[0] &&
    record[at + 1] === words[1] &&
    record[at + 2] === words[2] &&
    record[at + 3] === words[3]
  );
}
