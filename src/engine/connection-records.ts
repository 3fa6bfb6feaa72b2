/**
 * The records of connections: fixed size, in a segmented arena of 32-bit words, so that a million of them
 * is a hundred arrays and no object.
 *
 * A connection is a small integer, its record 26 words:
 *
 *     word  0– 3  client address                17  children (connections it controls)
 *           4– 7  virtual address               18  timeout, ticks
 *           8–11  destination address           19  expires: tick the timeout ends
 *          12     client port, virtual port     20  fires: tick the timer wheel makes of it
 *          13     destination port, protocol,   21  armed: tick the wheel visits it
 *                 families, more elsewhere      22  packets in
 *          14     flags, state                  23  firewall mark
 *          15     next in chain                 24  destination
 *          16     controller                    25  hash
 *
 * Words are unsigned: ticks and counts are kept modulo 2^32.
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
/** The same: whether there is more about the connection elsewhere. */
const HELPED_BIT = 0x4;
const ENGINE_DATA_BIT = 0x8;
/** Flags are the low 20 bits of word 14, the state the upper 12. */
const FLAG_MASK = 0xfffff;
const STATE_SHIFT = 20;

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
  readonly #segments: Uint32Array[] = [];
  #free: ConnectionHandle = NO_CONNECTION;
  /** Handles ever handed out. */
  #high = 0;

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

  /** Reads the client address into `into`. */
  readClient(handle: ConnectionHandle, into: AddressWords): void {
    this.#readWords(handle, CLIENT, into);
  }

  /** Reads the virtual address into `into`. */
  readVirtual(handle: ConnectionHandle, into: AddressWords): void {
    this.#readWords(handle, VIRTUAL, into);
  }

  /** Reads the destination address into `into`. */
  readDestination(handle: ConnectionHandle, into: AddressWords): void {
    this.#readWords(handle, DESTINATION_ADDRESS, into);
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

  /** Whether a helper follows the connection: `FtpConnections` has more about it. */
  isHelped(handle: ConnectionHandle): boolean {
    return (this.#get(handle, DESTINATION_PORT) & HELPED_BIT) !== 0;
  }

  setHelped(handle: ConnectionHandle): void {
    this.#set(handle, DESTINATION_PORT, this.#get(handle, DESTINATION_PORT) | HELPED_BIT);
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

  /** The next connection of the same chain. */
  protected next(handle: ConnectionHandle): ConnectionHandle {
    return this.#get(handle, NEXT);
  }

  protected setNext(handle: ConnectionHandle, next: ConnectionHandle): void {
    this.#set(handle, NEXT, next);
  }

  /** Hash of the key the connection was inserted by, 32 bits. */
  protected hash(handle: ConnectionHandle): number {
    return this.#get(handle, HASH);
  }

  protected setHash(handle: ConnectionHandle, hash: number): void {
    this.#set(handle, HASH, hash);
  }

  /** Returns the four words of the client address, combined by XOR. */
  protected foldedClient(handle: ConnectionHandle): number {
    return (
      this.#get(handle, CLIENT) ^
      this.#get(handle, CLIENT + 1) ^
      this.#get(handle, CLIENT + 2) ^
      this.#get(handle, CLIENT + 3)
    );
  }

  /** Whether a record is of this family, protocol, client and virtual end. */
  protected isBetween(
    handle: ConnectionHandle,
    family: Family,
    protocol: number,
    client: Readonly<AddressWords>,
    clientPort: number,
    virtual: Readonly<AddressWords>,
    virtualPort: number,
  ): boolean {
    const record = this.#segments[handle >>> SEGMENT_BITS]!;
    const at = (handle & SEGMENT_MASK) * WORDS;
    return (
      record[at + PORTS] === ((clientPort << 16) | virtualPort) >>> 0 &&
      same(record, at + CLIENT, client) &&
      same(record, at + VIRTUAL, virtual) &&
      isOf(record[at + DESTINATION_PORT]!, family, protocol)
    );
  }

  /** Whether a record is of this family, protocol and client, and its server answers from `source`. */
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
    const at = (handle & SEGMENT_MASK) * WORDS;
    const ports = record[at + PORTS]!;
    if (ports >>> 16 !== clientPort || !same(record, at + CLIENT, client)) return false;
    const packed = record[at + DESTINATION_PORT]!;
    if (!isOf(packed, family, protocol)) return false;
    const masquerade = (record[at + FLAGS]! & CONNECTION_FLAG.methodMask) === 0;
    const port = masquerade ? packed >>> 16 : ports & 0xffff;
    return (
      port === sourcePort && same(record, at + (masquerade ? DESTINATION_ADDRESS : VIRTUAL), source)
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

  #readWords(handle: ConnectionHandle, from: number, into: AddressWords): void {
    const record = this.#segments[handle >>> SEGMENT_BITS]!;
    const at = (handle & SEGMENT_MASK) * WORDS + from;
    into[0] = record[at]!;
    into[1] = record[at + 1]!;
    into[2] = record[at + 2]!;
    into[3] = record[at + 3]!;
  }

  #get(handle: ConnectionHandle, word: number): number {
    return this.#segments[handle >>> SEGMENT_BITS]![(handle & SEGMENT_MASK) * WORDS + word]!;
  }

  #set(handle: ConnectionHandle, word: number, value: number): void {
    this.#segments[handle >>> SEGMENT_BITS]![(handle & SEGMENT_MASK) * WORDS + word] = value;
  }
}

/** Whether word 13 of a record is of this family and protocol. */
function isOf(packed: number, family: Family, protocol: number): boolean {
  return (
    ((packed >>> 8) & 0xff) === protocol && (packed & IPV6_BIT) === (family === 6 ? IPV6_BIT : 0)
  );
}

function same(record: Uint32Array, at: number, words: Readonly<AddressWords>): boolean {
  return (
    record[at] === words[0] &&
    record[at + 1] === words[1] &&
    record[at + 2] === words[2] &&
    record[at + 3] === words[3]
  );
}
