/**
 * The records of connections: fixed size, in segments of 32-bit words, so that a million of them is a
 * handful of arrays and no object.
 *
 * A connection is a small integer. What packets ask of it stands in one line of the processor's cache:
 *
 *     word  0  client address                     8  timeout, ticks
 *           1  virtual address                    9  expires: tick the timeout ends
 *           2  destination address               10  fires: tick the timer wheel makes of it
 *           3  client port, virtual port         11  armed: tick the wheel visits it
 *           4  destination port, protocol,       12  packets in
 *              families, more elsewhere          13  destination
 *           5  flags, state                      14  controller
 *           6  next given back                   15  children (connections it controls)
 *           7  hash
 *
 * Of an address that is word 0, all there is of an IPv4 one. The rest stands in a second array that only
 * segments with IPv6 connections or firewall marks have:
 *
 *     word  0– 2  client address, words 1–3        6– 8  destination address, words 1–3
 *           3– 5  virtual address, words 1–3       9     firewall mark
 *
 * Words are kept signed, as small integers cost nothing to hand around, and read unsigned where they are
 * addresses, ticks and counts: those are kept modulo 2^32.
 *
 * @module
 */
import type { Ticks } from "../base/clock.ts";
import { tableWords } from "../base/table-words.ts";
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

const SEGMENT_BITS = 16;
const SEGMENT_SIZE = 1 << SEGMENT_BITS;
const SEGMENT_MASK = SEGMENT_SIZE - 1;
const WORD_BITS = 4;
/**
 * Words before the first record. The C library puts a large buffer 16 bytes after the beginning of a
 * page, so with these the records begin where cache lines do.
 */
const MARGIN = 12;

/** Places of the words in a record; also for the packet path, which reads a record at one go. */
export const WORD = {
  client: 0,
  virtual: 1,
  destinationAddress: 2,
  ports: 3,
  destinationPort: 4,
  flags: 5,
  next: 6,
  hash: 7,
  timeout: 8,
  expires: 9,
  fires: 10,
  armed: 11,
  packets: 12,
  destination: 13,
  controller: 14,
  children: 15,
} as const;

const CLIENT = WORD.client;
const VIRTUAL = WORD.virtual;
const DESTINATION_ADDRESS = WORD.destinationAddress;
const PORTS = WORD.ports;
const DESTINATION_PORT = WORD.destinationPort;
const FLAGS = WORD.flags;
const NEXT = WORD.next;
const HASH = WORD.hash;
const TIMEOUT = WORD.timeout;
const EXPIRES = WORD.expires;
const FIRES = WORD.fires;
const ARMED = WORD.armed;
const PACKETS = WORD.packets;
const DESTINATION = WORD.destination;
const CONTROLLER = WORD.controller;
const CHILDREN = WORD.children;

const MORE_WORDS = 10;
/** Where words 1–3 of the addresses begin in what a record has elsewhere, less 1. */
const MORE_CLIENT = -1;
const MORE_VIRTUAL = 2;
const MORE_DESTINATION = 5;
const MARK = 9;

/** Low 8 bits of word 4: family of the service side and of the destination side. */
const IPV6_BIT = 0x1;
export const IPV6_DESTINATION_BIT = 0x2;
/** The same: whether there is more about the connection elsewhere. */
export const HELPED_BIT = 0x4;
const ENGINE_DATA_BIT = 0x8;
/** The same: the state other directors were told last, which has 4 bits in every protocol. */
const TOLD_SHIFT = 4;
const TOLD_MASK = 0xf << TOLD_SHIFT;
/** The bits of word 4 that tell family of the service side and protocol. */
export const KIND_MASK = 0xff00 | IPV6_BIT;
/** Flags are the low 20 bits of word 5, the state the upper 12. */
const FLAG_MASK = 0xfffff;
export const STATE_SHIFT = 20;
/** Word 5 of a record that has been given back; no protocol has that many states. */
const FREE = -1;

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

const NO_ADDRESS: Readonly<AddressWords> = new Uint32Array(4);

/** Returns a seed with every field at 0, for an owner to fill in. */
export function emptySeed(): ConnectionSeed {
  return {
    family: 4,
    destinationFamily: 4,
    protocol: 0,
    clientAddress: NO_ADDRESS,
    clientPort: 0,
    virtualAddress: NO_ADDRESS,
    virtualPort: 0,
    destinationAddress: NO_ADDRESS,
    destinationPort: 0,
    flags: 0,
    mark: 0,
  };
}

/** Records of connections, made and given back. */
export class ConnectionRecords {
  readonly #segments: Int32Array[] = [];
  /** What records have elsewhere, by segment. */
  readonly #more: (Int32Array | undefined)[] = [];
  /** Ends told to other directors, by segment; none while none ever was. */
  readonly #toldEnds: Uint32Array[] = [];
  #free: ConnectionHandle = NO_CONNECTION;
  /** Handles ever handed out. */
  #high = 0;

  /** Makes a connection of `seed`, not to be found until `insert`. */
  create(seed: Readonly<ConnectionSeed>): ConnectionHandle {
    const handle = this.#allocate();
    const record = this.#segments[handle >>> SEGMENT_BITS]!;
    const at = offsetOf(handle);
    record[at + CLIENT] = seed.clientAddress[0]!;
    record[at + VIRTUAL] = seed.virtualAddress[0]!;
    record[at + DESTINATION_ADDRESS] = seed.destinationAddress[0]!;
    record[at + PORTS] = (seed.clientPort << 16) | seed.virtualPort;
    record[at + DESTINATION_PORT] =
      (seed.destinationPort << 16) |
      (seed.protocol << 8) |
      (seed.family === 6 ? IPV6_BIT : 0) |
      (seed.destinationFamily === 6 ? IPV6_DESTINATION_BIT : 0);
    record[at + FLAGS] = seed.flags & FLAG_MASK;
    for (let word = NEXT; word <= CHILDREN; word++) record[at + word] = 0;
    this.#createMore(handle, seed);
    if (this.#toldEnds.length > 0) this.#setKnownEnd(handle, 0);
    return handle;
  }

  /**
   * Makes a connection of IPv4 without a mark, all words of its record at one go; for the packet path.
   *
   * @param client address, as a signed word, as are `virtual` and `address`, the destination's
   * @param ports client port, and in the lower half the virtual port
   */
  protected create4(
    protocol: number,
    client: number,
    virtual: number,
    ports: number,
    address: number,
    port: number,
    flags: number,
    timeout: Ticks,
    destination: number,
    hash: number,
  ): ConnectionHandle {
    const handle = this.#allocate();
    const record = this.#segments[handle >>> SEGMENT_BITS]!;
    const at = offsetOf(handle);
    record[at + CLIENT] = client;
    record[at + VIRTUAL] = virtual;
    record[at + DESTINATION_ADDRESS] = address;
    record[at + PORTS] = ports;
    record[at + DESTINATION_PORT] = (port << 16) | (protocol << 8);
    record[at + FLAGS] = flags;
    record[at + NEXT] = NO_CONNECTION;
    record[at + HASH] = hash;
    record[at + TIMEOUT] = timeout;
    record[at + EXPIRES] = 0;
    record[at + FIRES] = 0;
    record[at + ARMED] = 0;
    record[at + PACKETS] = 0;
    record[at + DESTINATION] = destination;
    record[at + CONTROLLER] = NO_CONNECTION;
    record[at + CHILDREN] = 0;
    const more = this.#more[handle >>> SEGMENT_BITS];
    if (more !== undefined) more.fill(0, moreOffset(handle), moreOffset(handle) + MORE_WORDS);
    if (this.#toldEnds.length > 0) this.#setKnownEnd(handle, 0);
    return handle;
  }

  /** Returns the array a record stands in, at `offsetOf` and with words as `WORD` tells. */
  segmentOf(handle: ConnectionHandle): Int32Array {
    return this.#segments[handle >>> SEGMENT_BITS]!;
  }

  /** Looks at a record, so that it is at hand, unless there is none; returns what is seen. */
  glanceAt(handle: ConnectionHandle): number {
    return handle === NO_CONNECTION ? 0 : this.#get(handle, FLAGS);
  }

  /** Gives the record of a connection that cannot be found any more back to the arena. */
  release(handle: ConnectionHandle): void {
    this.#set(handle, FLAGS, FREE);
    this.#set(handle, NEXT, this.#free);
    this.#free = handle;
  }

  /** Whether the record is of no connection at present. */
  isFree(handle: ConnectionHandle): boolean {
    return this.#get(handle, FLAGS) === FREE;
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
    return this.#addressWord(handle, CLIENT, MORE_CLIENT, word);
  }

  /** Word `word`, 0–3, of the virtual address. */
  virtualWord(handle: ConnectionHandle, word: number): number {
    return this.#addressWord(handle, VIRTUAL, MORE_VIRTUAL, word);
  }

  /** Word `word`, 0–3, of the destination address. */
  destinationWord(handle: ConnectionHandle, word: number): number {
    return this.#addressWord(handle, DESTINATION_ADDRESS, MORE_DESTINATION, word);
  }

  /** Reads the client address into `into`. */
  readClient(handle: ConnectionHandle, into: AddressWords): void {
    this.#readAddress(handle, CLIENT, MORE_CLIENT, into);
  }

  /** Reads the virtual address into `into`. */
  readVirtual(handle: ConnectionHandle, into: AddressWords): void {
    this.#readAddress(handle, VIRTUAL, MORE_VIRTUAL, into);
  }

  /** Reads the destination address into `into`. */
  readDestination(handle: ConnectionHandle, into: AddressWords): void {
    this.#readAddress(handle, DESTINATION_ADDRESS, MORE_DESTINATION, into);
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
    return this.#get(handle, TIMEOUT) >>> 0;
  }

  setTimeoutTicks(handle: ConnectionHandle, timeout: Ticks): void {
    this.#set(handle, TIMEOUT, timeout);
  }

  /** Tick at which the timeout ends, as commands see it. Ticks are kept modulo 2^32. */
  expires(handle: ConnectionHandle): Ticks {
    return this.#get(handle, EXPIRES) >>> 0;
  }

  /** Tick at which the connection's timer really fires. */
  fires(handle: ConnectionHandle): Ticks {
    return this.#get(handle, FIRES) >>> 0;
  }

  setDeadline(handle: ConnectionHandle, expires: Ticks, fires: Ticks): void {
    this.#set(handle, EXPIRES, expires);
    this.#set(handle, FIRES, fires);
  }

  /** Tick at which the timer wheel visits the connection; not later than `fires`. */
  armed(handle: ConnectionHandle): Ticks {
    return this.#get(handle, ARMED) >>> 0;
  }

  setArmed(handle: ConnectionHandle, tick: Ticks): void {
    this.#set(handle, ARMED, tick);
  }

  /** Packets of the client counted so far, modulo 2^32. */
  packets(handle: ConnectionHandle): number {
    return this.#get(handle, PACKETS) >>> 0;
  }

  setPackets(handle: ConnectionHandle, count: number): void {
    this.#set(handle, PACKETS, count);
  }

  countPacket(handle: ConnectionHandle): void {
    this.#segments[handle >>> SEGMENT_BITS]![offsetOf(handle) + PACKETS]! += 1;
  }

  mark(handle: ConnectionHandle): number {
    const more = this.#more[handle >>> SEGMENT_BITS];
    return more === undefined ? 0 : more[moreOffset(handle) + MARK]! >>> 0;
  }

  /** Number of the destination, 1 or more, or 0 for none. */
  destination(handle: ConnectionHandle): number {
    return this.#get(handle, DESTINATION);
  }

  setDestination(handle: ConnectionHandle, destination: number): void {
    this.#set(handle, DESTINATION, destination);
  }

  /** Whether a helper follows the connection: `FtpConnections` has more about it. */
  isHelped(handle: ConnectionHandle): boolean {
    return (this.#get(handle, DESTINATION_PORT) & HELPED_BIT) !== 0;
  }

  setHelped(handle: ConnectionHandle, helped: boolean): void {
    const others = this.#get(handle, DESTINATION_PORT) & ~HELPED_BIT;
    this.#set(handle, DESTINATION_PORT, others | (helped ? HELPED_BIT : 0));
  }

  /** Whether a state is the one other directors were told last. */
  isTold(handle: ConnectionHandle, state: number): boolean {
    return (((state << TOLD_SHIFT) ^ this.#get(handle, DESTINATION_PORT)) & TOLD_MASK) === 0;
  }

  setToldState(handle: ConnectionHandle, state: number): void {
    const others = this.#get(handle, DESTINATION_PORT) & ~TOLD_MASK;
    this.#set(handle, DESTINATION_PORT, others | ((state << TOLD_SHIFT) & TOLD_MASK));
  }

  /** End, as a tick, other directors were told last, and in its low bits how often; 0 for never. */
  toldEnd(handle: ConnectionHandle): number {
    return this.#toldEnds[handle >>> SEGMENT_BITS]?.[handle & SEGMENT_MASK] ?? 0;
  }

  setToldEnd(handle: ConnectionHandle, end: number): void {
    while (this.#toldEnds.length < this.#segments.length) {
      this.#toldEnds.push(new Uint32Array(SEGMENT_SIZE));
    }
    this.#setKnownEnd(handle, end);
  }

  /** Whether a template is of the clients a persistence engine has told apart. */
  hasEngineData(handle: ConnectionHandle): boolean {
    return (this.#get(handle, DESTINATION_PORT) & ENGINE_DATA_BIT) !== 0;
  }

  protected setHasEngineData(handle: ConnectionHandle): void {
    this.#set(handle, DESTINATION_PORT, this.#get(handle, DESTINATION_PORT) | ENGINE_DATA_BIT);
  }

  /** Changes the ports of a record that cannot be found; the table's affair. */
  protected setPorts(handle: ConnectionHandle, client: number, virtual: number): void {
    this.#set(handle, PORTS, (client << 16) | virtual);
  }

  protected setDestinationPort(handle: ConnectionHandle, port: number): void {
    this.#set(
      handle,
      DESTINATION_PORT,
      (this.#get(handle, DESTINATION_PORT) & 0xffff) | (port << 16),
    );
  }

  /** Hash of the key the connection was inserted by, 32 bits. */
  hash(handle: ConnectionHandle): number {
    return this.#get(handle, HASH);
  }

  /** Returns the four words of the client address, combined by XOR. */
  protected foldedClient(handle: ConnectionHandle): number {
    let folded = this.#get(handle, CLIENT);
    if (this.family(handle) === 6) {
      for (let word = 1; word < 4; word++) folded ^= this.clientWord(handle, word);
    }
    return folded;
  }

  /**
   * Whether a connection is of this family, protocol, client and virtual end, and its flags are `flags`
   * where `mask` has bits.
   *
   * @param ports client port, and in the lower half the virtual port
   */
  protected isBetween(
    handle: ConnectionHandle,
    family: Family,
    protocol: number,
    client: Readonly<AddressWords>,
    virtual: Readonly<AddressWords>,
    ports: number,
    mask: number,
    flags: number,
  ): boolean {
    const record = this.#segments[handle >>> SEGMENT_BITS]!;
    const at = offsetOf(handle);
    return (
      record[at + CLIENT] === (client[0]! | 0) &&
      record[at + PORTS] === ports &&
      record[at + VIRTUAL] === (virtual[0]! | 0) &&
      (record[at + DESTINATION_PORT]! & KIND_MASK) === kindOf(family, protocol) &&
      (record[at + FLAGS]! & mask) === flags &&
      (family === 4 || this.hasEnds(handle, client, virtual))
    );
  }

  /**
   * Whether a connection, no template, is of this family, protocol and client, and its server answers from
   * `source`.
   */
  protected isAnswered(
    handle: ConnectionHandle,
    family: Family,
    protocol: number,
    source: Readonly<AddressWords>,
    sourcePort: number,
    client: Readonly<AddressWords>,
    clientPort: number,
  ): boolean {
    const record = this.#segments[handle >>> SEGMENT_BITS]!;
    const at = offsetOf(handle);
    const ports = record[at + PORTS]!;
    const packed = record[at + DESTINATION_PORT]!;
    const flags = record[at + FLAGS]!;
    const masquerade = (flags & CONNECTION_FLAG.methodMask) === 0;
    return (
      record[at + CLIENT] === (client[0]! | 0) &&
      ports >>> 16 === clientPort &&
      (packed & KIND_MASK) === kindOf(family, protocol) &&
      (flags & CONNECTION_FLAG.template) === 0 &&
      (masquerade ? packed >>> 16 : ports & 0xffff) === sourcePort &&
      record[at + (masquerade ? DESTINATION_ADDRESS : VIRTUAL)] === (source[0]! | 0) &&
      (family === 4 ||
        (this.#sameMore(handle, MORE_CLIENT, client) &&
          this.#sameMore(handle, masquerade ? MORE_DESTINATION : MORE_VIRTUAL, source)))
    );
  }

  /** Whether words 1–3 of client and virtual address are these: the rest of IPv6 ones. */
  protected hasEnds(
    handle: ConnectionHandle,
    client: Readonly<AddressWords>,
    virtual: Readonly<AddressWords>,
  ): boolean {
    return (
      this.#sameMore(handle, MORE_CLIENT, client) && this.#sameMore(handle, MORE_VIRTUAL, virtual)
    );
  }

  #setKnownEnd(handle: ConnectionHandle, end: number): void {
    const ends = this.#toldEnds[handle >>> SEGMENT_BITS];
    if (ends !== undefined) ends[handle & SEGMENT_MASK] = end;
  }

  #allocate(): ConnectionHandle {
    const recycled = this.#free;
    if (recycled !== NO_CONNECTION) {
      this.#free = this.#get(recycled, NEXT);
      return recycled;
    }
    const handle = ++this.#high;
    if (handle >>> SEGMENT_BITS >= this.#segments.length) {
      const words = MARGIN + (SEGMENT_SIZE << WORD_BITS);
      this.#segments.push(tableWords(words, this.#segments.length));
      this.#more.push(undefined);
    }
    return handle;
  }

  /** Writes what the record of a new connection has elsewhere, if it or one before it has anything. */
  #createMore(handle: ConnectionHandle, seed: Readonly<ConnectionSeed>): void {
    const segment = handle >>> SEGMENT_BITS;
    const wanted = seed.family === 6 || seed.destinationFamily === 6 || seed.mark !== 0;
    if (!wanted && this.#more[segment] === undefined) return;
    this.#more[segment] ??= new Int32Array(SEGMENT_SIZE * MORE_WORDS);
    const more = this.#more[segment];
    const at = moreOffset(handle);
    for (let word = 1; word < 4; word++) {
      more[at + MORE_CLIENT + word] = seed.clientAddress[word]!;
      more[at + MORE_VIRTUAL + word] = seed.virtualAddress[word]!;
      more[at + MORE_DESTINATION + word] = seed.destinationAddress[word]!;
    }
    more[at + MARK] = seed.mark;
  }

  #addressWord(handle: ConnectionHandle, first: number, others: number, word: number): number {
    if (word === 0) return this.#get(handle, first) >>> 0;
    const more = this.#more[handle >>> SEGMENT_BITS];
    return more === undefined ? 0 : more[moreOffset(handle) + others + word]! >>> 0;
  }

  #readAddress(handle: ConnectionHandle, first: number, others: number, into: AddressWords): void {
    into[0] = this.#get(handle, first);
    const more = this.#more[handle >>> SEGMENT_BITS];
    if (more === undefined) {
      into[1] = 0;
      into[2] = 0;
      into[3] = 0;
      return;
    }
    const at = moreOffset(handle) + others;
    into[1] = more[at + 1]!;
    into[2] = more[at + 2]!;
    into[3] = more[at + 3]!;
  }

  /** Whether words 1–3 of an address are these. */
  #sameMore(handle: ConnectionHandle, others: number, words: Readonly<AddressWords>): boolean {
    const more = this.#more[handle >>> SEGMENT_BITS]!;
    const at = moreOffset(handle) + others;
    return (
      more[at + 1] === (words[1]! | 0) &&
      more[at + 2] === (words[2]! | 0) &&
      more[at + 3] === (words[3]! | 0)
    );
  }

  #get(handle: ConnectionHandle, word: number): number {
    return this.#segments[handle >>> SEGMENT_BITS]![offsetOf(handle) + word]!;
  }

  #set(handle: ConnectionHandle, word: number, value: number): void {
    this.#segments[handle >>> SEGMENT_BITS]![offsetOf(handle) + word] = value;
  }
}

/** Where a record begins in its segment. */
export function offsetOf(handle: ConnectionHandle): number {
  return MARGIN + ((handle & SEGMENT_MASK) << WORD_BITS);
}

/** Where what a record has elsewhere begins in its segment. */
function moreOffset(handle: ConnectionHandle): number {
  return (handle & SEGMENT_MASK) * MORE_WORDS;
}

/** What word 4 has in the bits of `KIND_MASK` for connections of this family and protocol. */
export function kindOf(family: Family, protocol: number): number {
  return (protocol << 8) | (family === 6 ? IPV6_BIT : 0);
}
