/**
 * Finding the connections of packets of IPv4 that have been read into words: what nearly every packet needs.
 *
 * Who knows which connection is likely, as `LookAhead` does, says so, and is spared the index. And whoever had
 * no connection when asked for last, nor anyone else of its hash, is known by its address: as every packet
 * of a client might be the reply of a server to the service, that is asked each time.
 *
 * @module
 */
import type { ConnectionHash } from "./connection-hash.ts";
import type { ConnectionIndex } from "./connection-index.ts";
import * as lines from "./connection-index.ts";
import type { ConnectionHandle, ConnectionRecords } from "./connection-records.ts";
import * as records from "./connection-records.ts";

// What is imported is looked up each time it is used, functions too; what a module has itself is in the code.

const { placeOf } = lines;
const { CONNECTION_FLAG, KIND_MASK, kindOf, NO_CONNECTION, offsetOf, WORD } = records;

const CLIENT = WORD.client;
const VIRTUAL = WORD.virtual;
const PORTS = WORD.ports;
const DESTINATION_ADDRESS = WORD.destinationAddress;
const DESTINATION_PORT = WORD.destinationPort;
const FLAGS = WORD.flags;
const METHOD_MASK = CONNECTION_FLAG.methodMask;
const NO_CLIENT_PORT = CONNECTION_FLAG.noClientPort;
const TEMPLATE = CONNECTION_FLAG.template;
const BEHIND = lines.LINE_BEHIND;

/** The look-ups of one table. */
export class PlainLookup {
  readonly #records: ConnectionRecords;
  readonly #index: ConnectionIndex;
  readonly #hash: ConnectionHash;
  /** A client that has no connection, nor has another of its hash: who was asked for last, mostly a service. */
  #absentProtocol = -1;
  #absentClient = 0;
  #absentPort = 0;
  #absentHash = 0;

  constructor(records: ConnectionRecords, index: ConnectionIndex, hash: ConnectionHash) {
    this.#records = records;
    this.#index = index;
    this.#hash = hash;
  }

  /** Notes that there is a new connection of a hash. */
  added(hash: number): void {
    if (hash === this.#absentHash) this.#absentProtocol = -1;
  }

  /** Returns the hash of the connections of a client; see `LookAhead`. */
  hashOf(protocol: number, client: number, clientPort: number): number {
    return this.#hash.of(protocol, client, clientPort);
  }

  /** Looks at the line of a hash, so that it is at hand; returns how many connections are in it. */
  glance(hash: number): number {
    const bucket = this.#index.bucketOf(hash);
    return this.#index.wordsOf(bucket)[placeOf(bucket)]!;
  }

  /** Returns the connection of a hash that a packet most likely belongs to, or NO_CONNECTION. */
  likely(hash: number): ConnectionHandle {
    const bucket = this.#index.bucketOf(hash);
    const words = this.#index.wordsOf(bucket);
    const at = placeOf(bucket);
    for (let place = at + 2 * words[at]!; place > at; place -= 2) {
      if (words[place] === hash) return words[place + 1]!;
    }
    return NO_CONNECTION;
  }

  /**
   * Returns the connection whose client sent a packet; see `ConnectionTable.requestOf`.
   *
   * @param source address, as a signed word, as is `target`
   * @param ports source port, and in the lower half the destination port
   * @param likely the newest connection of its hash, if that is known
   */
  request(
    protocol: number,
    source: number,
    target: number,
    ports: number,
    likely: ConnectionHandle = NO_CONNECTION,
  ): ConnectionHandle {
    if (likely !== NO_CONNECTION && this.#isAsked(likely, protocol, source, target, ports)) {
      return likely;
    }
    return this.#askedBy(protocol, source, target, ports);
  }

  /** Returns the connection whose server sent a packet; see `request`, and `ConnectionTable.replyOf`. */
  reply(
    protocol: number,
    source: number,
    target: number,
    ports: number,
    likely: ConnectionHandle = NO_CONNECTION,
  ): ConnectionHandle {
    const known =
      target === this.#absentClient &&
      (ports & 0xffff) === this.#absentPort &&
      protocol === this.#absentProtocol;
    return known ? NO_CONNECTION : this.#answeredBy(protocol, source, target, ports, likely);
  }

  /** `request` by the index. */
  #askedBy(protocol: number, source: number, target: number, ports: number): ConnectionHandle {
    const index = this.#index;
    const hash = this.#hash.of(protocol, source, ports >>> 16);
    const bucket = index.bucketOf(hash);
    let words = index.wordsOf(bucket);
    let line = placeOf(bucket);
    for (;;) {
      for (let place = line + 2 * words[line]!; place > line; place -= 2) {
        if (words[place] !== hash) continue;
        const entry = words[place + 1]!;
        if (this.#isAsked(entry, protocol, source, target, ports)) return entry;
      }
      const behind = words[line + BEHIND]!;
      if (behind === 0) return NO_CONNECTION;
      words = index.moreOf(behind);
      line = placeOf(behind);
    }
  }

  /** `reply` for whom it is not known that there is none. */
  #answeredBy(
    protocol: number,
    source: number,
    target: number,
    ports: number,
    likely: ConnectionHandle,
  ): ConnectionHandle {
    if (likely !== NO_CONNECTION && this.#isAnswer(likely, protocol, source, target, ports)) {
      return likely;
    }
    const index = this.#index;
    const hash = this.#hash.of(protocol, target, ports & 0xffff);
    const bucket = index.bucketOf(hash);
    let words = index.wordsOf(bucket);
    let line = placeOf(bucket);
    let some = false;
    for (;;) {
      for (let place = line + 2 * words[line]!; place > line; place -= 2) {
        if (words[place] !== hash) continue;
        some = true;
        const entry = words[place + 1]!;
        if (this.#isAnswer(entry, protocol, source, target, ports)) return entry;
      }
      const behind = words[line + BEHIND]!;
      if (behind === 0) {
        if (!some) this.#noteAbsent(protocol, target, ports & 0xffff, hash);
        return NO_CONNECTION;
      }
      words = index.moreOf(behind);
      line = placeOf(behind);
    }
  }

  /** Whether a connection of IPv4 is the one of a request; see `request`. */
  #isAsked(
    entry: ConnectionHandle,
    protocol: number,
    source: number,
    target: number,
    ports: number,
  ): boolean {
    const record = this.#records.segmentOf(entry);
    const at = offsetOf(entry);
    return (
      record[at + CLIENT] === source &&
      record[at + PORTS] === ports &&
      record[at + VIRTUAL] === target &&
      (record[at + DESTINATION_PORT]! & KIND_MASK) === kindOf(4, protocol) &&
      (record[at + FLAGS]! & (NO_CLIENT_PORT | TEMPLATE)) ===
        (ports >>> 16 === 0 ? NO_CLIENT_PORT : 0)
    );
  }

  /** Whether a connection of IPv4 is the one of a reply; see `reply`. */
  #isAnswer(
    entry: ConnectionHandle,
    protocol: number,
    source: number,
    target: number,
    ports: number,
  ): boolean {
    const record = this.#records.segmentOf(entry);
    const at = offsetOf(entry);
    const ends = record[at + PORTS]!;
    const packed = record[at + DESTINATION_PORT]!;
    if (
      record[at + CLIENT] !== target ||
      ends >>> 16 !== (ports & 0xffff) ||
      (packed & KIND_MASK) !== kindOf(4, protocol)
    ) {
      return false;
    }
    const flags = record[at + FLAGS]!;
    const masquerade = (flags & METHOD_MASK) === 0;
    return (
      (flags & TEMPLATE) === 0 &&
      (masquerade ? packed >>> 16 : ends & 0xffff) === ports >>> 16 &&
      record[at + (masquerade ? DESTINATION_ADDRESS : VIRTUAL)] === source
    );
  }

  #noteAbsent(protocol: number, client: number, clientPort: number, hash: number): void {
    this.#absentProtocol = protocol;
    this.#absentClient = client;
    this.#absentPort = clientPort;
    this.#absentHash = hash;
  }
}
