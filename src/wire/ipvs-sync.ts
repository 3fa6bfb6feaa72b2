/**
 * Messages by which directors tell each other of their connections, as they stand in UDP datagrams.
 *
 * Version 1, all fields in network order:
 *
 *      0       1       2       3
 *     +-------+-------+---------------+
 *     |   0   | syncid| message size  |    size: with this header
 *     +-------+-------+---------------+
 *     |records|   1   |       0       |
 *     +-------+-------+---------------+    then records, each from a multiple of 4 on:
 *     | type  | proto |v| record size |    type: 1 for IPv6; size: without padding behind it
 *     +-------+-------+---------------+
 *     |             flags             |    those of a connection
 *     +---------------+---------------+
 *     |     state     |  client port  |
 *     +---------------+---------------+
 *     | virtual port  |  server port  |
 *     +---------------+---------------+
 *     |         firewall mark         |
 *     +-------------------------------+
 *     |       timeout, seconds        |
 *     +-------------------------------+
 *     |  client, virtual and server   |    4 bytes each, or 16
 *     +-------+-------+---------------+
 *     | option| length|     data      |    options, packed
 *     +-------+-------+---------------+
 *
 * Version 0 knows IPv4 only: a header of number of records, syncid and message size; records of 24 bytes
 * without flags above bit 15, mark, timeout and options but for sequence data, which is in the byte order of
 * the sender, here taken to be little-endian.
 *
 * Whatever is malformed is refused with a reason: nothing here throws, and nothing is read beyond the end.
 *
 * Source: linux ip_vs_sync.c, as observed on a running kernel.
 *
 * @module
 */
import type { AddressWords, Family } from "../net/address.ts";

/** Version of the messages. */
export type SyncVersion = 0 | 1;

/** Bytes of a message's header, by version. */
export const SYNC_HEADER: Readonly<Record<SyncVersion, number>> = { 0: 4, 1: 8 };
/** Words of sequence data: where, how much before, how much behind, of requests and then of replies. */
export const SEQUENCE_WORDS = 6;

const SEQUENCE_BYTES = 4 * SEQUENCE_WORDS;
const RECORD_0 = 24;
/** Bytes of a version 1 record without options, by family. */
const RECORD_1: Readonly<Record<Family, number>> = { 4: 36, 6: 72 };
const TYPE_IPV6 = 0x01;
const SIZE_MASK = 0xfff;
const VERSION_SHIFT = 12;

const OPTION_HEADER = 2;
const OPTION = { sequence: 1, engineData: 2, engineName: 3 } as const;
/** A type with this bit may be passed over where it is not known. */
const OPTIONAL = 0x40;
const MOST_ENGINE_DATA = 255;
const MOST_ENGINE_NAME = 16;

/** Flags of a record, as those of connections. Source: linux/ip_vs.h `IP_VS_CONN_F_*`. */
const FLAG = { noClientPort: 0x800, template: 0x1000, onePacket: 0x2000, hashed: 0x40 } as const;
/** Sequence numbers of requests or replies are changed. */
const SEQUENCE_FLAGS = 0x600;
/** What is taken of flags: method, no-output, inactive, sequence, no client port, template. */
const TAKEN_FLAGS = 0x1f87;

/** Why a message, or a record of one, is not taken. */
export const SYNC_PROBLEMS = [
  /** It has no header, or not the size it claims. */
  "wrong-size",
  /** It is another group's: not malformed. */
  "other-syncid",
  /** A record does not end where it says, or the message ends before. The rest is refused with it. */
  "truncated-record",
  /** A record of an unknown version or family. The rest is refused with it. */
  "unknown-record",
  /** An option is empty, too long or cut off, or there twice. The rest is refused with it. */
  "bad-option",
  /** A record with an option that must be known and is not. */
  "unknown-option",
  /** A record of a connection of one packet, or of a template without client port. */
  "bad-flags",
  /** A record of a protocol that is not balanced. */
  "unknown-protocol",
  /** A record of a state its protocol does not have. */
  "bad-state",
  /** A record of a persistence engine there is none of, or that is not named. */
  "unknown-engine",
] as const;

/** One of the `SYNC_PROBLEMS`. */
export type SyncProblem = (typeof SYNC_PROBLEMS)[number];

/** What a message says of a connection or template. Reused: by `SyncReader` for the next one. */
export class SyncRecord {
  family: Family = 4;
  protocol = 0;
  /** Sum of `CONNECTION_FLAG` values. */
  flags = 0;
  state = 0;
  clientPort = 0;
  virtualPort = 0;
  destinationPort = 0;
  /** Firewall mark; 0 for none, and in version 0. */
  mark = 0;
  /** Seconds from the last packet to the end; 0 where not told, as in version 0. */
  timeout = 0;
  readonly client: AddressWords = new Uint32Array(4);
  /** Of a firewall-mark template the mark, in word 0. */
  readonly virtual: AddressWords = new Uint32Array(4);
  readonly destination: AddressWords = new Uint32Array(4);
  /** Whether `sequence` is told. */
  hasSequence = false;
  readonly sequence = new Uint32Array(SEQUENCE_WORDS);
  /** Name of the persistence engine, and what it has found; empty where there is none. */
  engineName = "";
  engineData: Uint8Array = NO_BYTES;
}

const NO_BYTES = new Uint8Array(0);

/** Returns the bytes a record takes, without padding. */
export function recordLength(version: SyncVersion, record: Readonly<SyncRecord>): number {
  const sequence = (record.flags & SEQUENCE_FLAGS) !== 0;
  if (version === 0) return sequence ? RECORD_0 + SEQUENCE_BYTES : RECORD_0;
  let length = RECORD_1[record.family];
  if (sequence) length += OPTION_HEADER + SEQUENCE_BYTES;
  if (record.engineData.length > 0) {
    length += 2 * OPTION_HEADER + record.engineData.length + record.engineName.length;
  }
  return length;
}

/** Writes the header of a message at the beginning of `view`. */
export function writeHeader(
  view: DataView,
  version: SyncVersion,
  syncId: number,
  records: number,
  length: number,
): void {
  view.setUint8(0, version === 0 ? records : 0);
  view.setUint8(1, syncId);
  view.setUint16(2, length);
  if (version === 0) return;
  view.setUint8(4, records);
  view.setUint8(5, version);
  view.setUint16(6, 0);
}

/** Writes a record at `at`; there must be room for its `recordLength`. Returns the byte behind it. */
export function writeRecord(
  view: DataView,
  at: number,
  version: SyncVersion,
  record: Readonly<SyncRecord>,
): number {
  return version === 0 ? writeVersion0(view, at, record) : writeVersion1(view, at, record);
}

function writeVersion0(view: DataView, at: number, record: Readonly<SyncRecord>): number {
  view.setUint8(at, 0);
  view.setUint8(at + 1, record.protocol);
  view.setUint16(at + 2, record.clientPort);
  view.setUint16(at + 4, record.virtualPort);
  view.setUint16(at + 6, record.destinationPort);
  view.setUint32(at + 8, record.client[0]!);
  view.setUint32(at + 12, record.virtual[0]!);
  view.setUint32(at + 16, record.destination[0]!);
  view.setUint16(at + 20, record.flags & ~FLAG.hashed & 0xffff);
  view.setUint16(at + 22, record.state);
  if ((record.flags & SEQUENCE_FLAGS) === 0) return at + RECORD_0;
  writeSequence(view, at + RECORD_0, record.sequence, true);
  return at + RECORD_0 + SEQUENCE_BYTES;
}

function writeVersion1(view: DataView, at: number, record: Readonly<SyncRecord>): number {
  const { family } = record;
  const length = recordLength(1, record);
  view.setUint8(at, family === 6 ? TYPE_IPV6 : 0);
  view.setUint8(at + 1, record.protocol);
  view.setUint16(at + 2, length);
  view.setUint32(at + 4, record.flags & ~FLAG.hashed);
  view.setUint16(at + 8, record.state);
  view.setUint16(at + 10, record.clientPort);
  view.setUint16(at + 12, record.virtualPort);
  view.setUint16(at + 14, record.destinationPort);
  view.setUint32(at + 16, record.mark);
  view.setUint32(at + 20, record.timeout);
  const size = family === 6 ? 16 : 4;
  writeWords(view, at + 24, record.client, size);
  writeWords(view, at + 24 + size, record.virtual, size);
  writeWords(view, at + 24 + 2 * size, record.destination, size);
  let next = at + RECORD_1[family];
  if ((record.flags & SEQUENCE_FLAGS) !== 0) {
    view.setUint8(next, OPTION.sequence);
    view.setUint8(next + 1, SEQUENCE_BYTES);
    writeSequence(view, next + OPTION_HEADER, record.sequence, false);
    next += OPTION_HEADER + SEQUENCE_BYTES;
  }
  if (record.engineData.length > 0) next = writeEngine(view, next, record);
  return next;
}

function writeEngine(view: DataView, at: number, record: Readonly<SyncRecord>): number {
  const { engineData, engineName } = record;
  view.setUint8(at, OPTION.engineData);
  view.setUint8(at + 1, engineData.length);
  let next = at + OPTION_HEADER;
  for (let index = 0; index < engineData.length; index++) view.setUint8(next++, engineData[index]!);
  view.setUint8(next, OPTION.engineName);
  view.setUint8(next + 1, engineName.length);
  next += OPTION_HEADER;
  for (let index = 0; index < engineName.length; index++) {
    view.setUint8(next++, engineName.charCodeAt(index));
  }
  return next;
}

function writeSequence(
  view: DataView,
  at: number,
  words: Readonly<Uint32Array>,
  littleEndian: boolean,
): void {
  for (let word = 0; word < SEQUENCE_WORDS; word++) {
    view.setUint32(at + 4 * word, words[word]!, littleEndian);
  }
}

function writeWords(view: DataView, at: number, words: Readonly<AddressWords>, size: number): void {
  for (let word = 0; 4 * word < size; word++) view.setUint32(at + 4 * word, words[word]!);
}

/**
 * Reads messages record by record:
 *
 *     if (reader.open(message, syncId) === undefined) {
 *       while (reader.hasMore) if (reader.next() === undefined) take(reader.record);
 *     }
 */
export class SyncReader {
  /** The last record read; whole where `next` said so. */
  readonly record = new SyncRecord();
  /** Version of the message opened last. */
  version: SyncVersion = 1;
  #message: Uint8Array = NO_BYTES;
  #view: DataView = new DataView(NO_BYTES.buffer);
  #at = 0;
  #end = 0;
  #left = 0;
  /** Options of the record at hand that have been seen, a bit each. */
  #seen = 0;

  /**
   * Begins with a message, to be left alone until all its records are read.
   *
   * @param syncId group whose messages are taken, 1–255, or 0 for all
   * @returns why it is not taken, or `undefined`
   */
  open(message: Uint8Array, syncId: number): SyncProblem | undefined {
    this.#left = 0;
    const { length } = message;
    if (length < SYNC_HEADER[0]) return "wrong-size";
    const view = new DataView(message.buffer, message.byteOffset, length);
    if (view.getUint16(2) !== length) return "wrong-size";
    if (syncId !== 0 && view.getUint8(1) !== syncId) return "other-syncid";
    const isVersion1 =
      length >= SYNC_HEADER[1] &&
      view.getUint8(0) === 0 &&
      view.getUint8(5) === 1 &&
      view.getUint16(6) === 0;
    this.version = isVersion1 ? 1 : 0;
    this.#message = message;
    this.#view = view;
    this.#at = SYNC_HEADER[this.version];
    this.#end = length;
    this.#left = view.getUint8(isVersion1 ? 4 : 0);
    return undefined;
  }

  /** Whether `next` has another record. */
  get hasMore(): boolean {
    return this.#left > 0;
  }

  /** Reads the next record into `record`; returns why it is not to be taken, or `undefined`. */
  next(): SyncProblem | undefined {
    this.#left--;
    return this.version === 1 ? this.#next1() : this.#next0();
  }

  #next0(): SyncProblem | undefined {
    const view = this.#view;
    const at = this.#at;
    if (at + RECORD_0 > this.#end) return this.#refuseRest("truncated-record");
    const { record } = this;
    this.#begin(4);
    record.protocol = view.getUint8(at + 1);
    record.clientPort = view.getUint16(at + 2);
    record.virtualPort = view.getUint16(at + 4);
    record.destinationPort = view.getUint16(at + 6);
    record.client[0] = view.getUint32(at + 8);
    record.virtual[0] = view.getUint32(at + 12);
    record.destination[0] = view.getUint32(at + 16);
    record.state = view.getUint16(at + 22);
    const flags = view.getUint16(at + 20);
    let next = at + RECORD_0;
    if ((flags & SEQUENCE_FLAGS) !== 0) {
      if (next + SEQUENCE_BYTES > this.#end) return this.#refuseRest("truncated-record");
      this.#readSequence(next, true);
      next += SEQUENCE_BYTES;
    }
    this.#at = next;
    return this.#takeFlags(flags);
  }

  #next1(): SyncProblem | undefined {
    const view = this.#view;
    const at = this.#at;
    if (at + RECORD_1[4] > this.#end) return this.#refuseRest("truncated-record");
    const size = view.getUint16(at + 2) & SIZE_MASK;
    const end = at + size;
    if (end > this.#end) return this.#refuseRest("truncated-record");
    if (view.getUint16(at + 2) >>> VERSION_SHIFT !== 0) return this.#refuseRest("unknown-record");
    const type = view.getUint8(at);
    if (type !== 0 && (type & TYPE_IPV6) === 0) return this.#refuseRest("unknown-record");
    const family = type === 0 ? 4 : 6;
    if (size < RECORD_1[family]) return this.#refuseRest("truncated-record");
    this.#begin(family);
    const { record } = this;
    record.protocol = view.getUint8(at + 1);
    record.state = view.getUint16(at + 8);
    record.clientPort = view.getUint16(at + 10);
    record.virtualPort = view.getUint16(at + 12);
    record.destinationPort = view.getUint16(at + 14);
    record.mark = view.getUint32(at + 16);
    record.timeout = view.getUint32(at + 20);
    const length = family === 6 ? 16 : 4;
    this.#readWords(at + 24, record.client, length);
    this.#readWords(at + 24 + length, record.virtual, length);
    this.#readWords(at + 24 + 2 * length, record.destination, length);
    const problem = this.#readOptions(at + RECORD_1[family], end);
    if (problem === "bad-option") return this.#refuseRest(problem);
    this.#at = at + ((size + 3) & ~3);
    return problem ?? this.#takeFlags(view.getUint32(at + 4));
  }

  #begin(family: Family): void {
    const { record } = this;
    record.family = family;
    record.mark = 0;
    record.timeout = 0;
    for (let word = 1; word < 4; word++) {
      record.client[word] = 0;
      record.virtual[word] = 0;
      record.destination[word] = 0;
    }
    record.hasSequence = false;
    record.engineName = "";
    record.engineData = NO_BYTES;
    this.#seen = 0;
  }

  #readOptions(from: number, end: number): SyncProblem | undefined {
    for (let at = from; at < end; ) {
      if (at + OPTION_HEADER > end) return "bad-option";
      const type = this.#view.getUint8(at);
      const length = this.#view.getUint8(at + 1);
      const data = at + OPTION_HEADER;
      if (length === 0 || data + length > end) return "bad-option";
      const problem = this.#readOption(type, data, length);
      if (problem !== undefined) return problem;
      at = data + length;
    }
    return undefined;
  }

  #readOption(type: number, at: number, length: number): SyncProblem | undefined {
    const { record } = this;
    const kind = type & ~OPTIONAL;
    switch (kind) {
      case OPTION.sequence:
        if (length !== SEQUENCE_BYTES || !this.#isFirst(kind)) return "bad-option";
        this.#readSequence(at, false);
        return undefined;
      case OPTION.engineData:
        if (length > MOST_ENGINE_DATA || !this.#isFirst(kind)) return "bad-option";
        record.engineData = this.#message.subarray(at, at + length);
        return undefined;
      case OPTION.engineName: {
        if (length > MOST_ENGINE_NAME || !this.#isFirst(kind)) return "bad-option";
        const name = this.#message.subarray(at, at + length);
        record.engineName = String.fromCharCode(...name);
        return undefined;
      }
      default:
        return (type & OPTIONAL) !== 0 ? undefined : "unknown-option";
    }
  }

  #isFirst(kind: number): boolean {
    const bit = 1 << kind;
    const first = (this.#seen & bit) === 0;
    this.#seen |= bit;
    return first;
  }

  #takeFlags(flags: number): SyncProblem | undefined {
    if ((flags & FLAG.onePacket) !== 0) return "bad-flags";
    const template = (flags & FLAG.template) !== 0;
    if (template && (flags & FLAG.noClientPort) !== 0) return "bad-flags";
    this.record.flags = flags & TAKEN_FLAGS;
    return undefined;
  }

  #refuseRest(problem: SyncProblem): SyncProblem {
    this.#left = 0;
    return problem;
  }

  #readSequence(at: number, littleEndian: boolean): void {
    const { record } = this;
    record.hasSequence = true;
    for (let word = 0; word < SEQUENCE_WORDS; word++) {
      record.sequence[word] = this.#view.getUint32(at + 4 * word, littleEndian);
    }
  }

  #readWords(at: number, into: AddressWords, length: number): void {
    for (let word = 0; 4 * word < length; word++) into[word] = this.#view.getUint32(at + 4 * word);
  }
}
