/**
 * Looking ahead: the memory a batch of packets will need is touched before the first is decided.
 *
 * In a table of millions each packet waits for memory twice, for a line of the index and for the record it
 * leads to. A processor waits for ten such answers at once if nothing stands between the questions. So the
 * questions of a whole batch are asked in loops of a few instructions: which line, what is in it, what is
 * in the record.
 *
 * A packet may be a request or a reply; both ways it might be found are followed. The wrong one leads to
 * the place of a service or a server, mostly that of the packet before. What is found is kept for the packet
 * itself, which need not look again.
 *
 * @module
 */
import type { Frame } from "../wire/frame.ts";
import { type ConnectionHandle, NO_CONNECTION } from "./connection-records.ts";
import type { ConnectionTable } from "./connection-table.ts";

/** Tables smaller than this stay in the cache. */
const WORTHWHILE = 8192;
/** Packets looked ahead over at most. */
const MOST = 256;

/** First byte of an IPv4 header without options; its length, and that of both ports. */
const PLAIN_IPV4 = 0x45;
const PORTS = 20;
const LEAST = 24;
const PROTOCOL = 9;
const SOURCE = 12;
const DESTINATION = 16;

/** The looking ahead of one director. */
export class LookAhead {
  /** The connections the packet of `find` most likely belongs to: as a request, as a reply. */
  asked: ConnectionHandle = NO_CONNECTION;
  answered: ConnectionHandle = NO_CONNECTION;
  readonly #table: ConnectionTable;
  /** Of each packet of the batch: the hash of both, then the handle. */
  readonly #asked = new Int32Array(MOST);
  readonly #answered = new Int32Array(MOST);
  #batch: readonly Frame[] = [];
  #count = 0;
  /** The packet that is decided next, most likely. */
  #next = 0;
  /** Additions to the table before the batch: what it finds since may be newer. */
  #additions = 0;
  /** What was seen; kept so that nobody finds the looking useless. */
  #seen = 0;

  constructor(table: ConnectionTable) {
    this.#table = table;
  }

  /** Looks ahead over the first `count` packets of a batch; it changes nothing. */
  over(batch: readonly Frame[], count: number): void {
    const table = this.#table;
    const { plain } = table;
    this.#count = 0;
    if (table.size < WORTHWHILE) return;
    const known = Math.min(count, MOST);
    const asked = this.#asked;
    const answered = this.#answered;
    let target = 0;
    let port = 0;
    let protocol = 0;
    let hash = 0;
    for (let index = 0; index < known; index++) {
      const { view, start, end } = batch[index]!;
      if (end - start < LEAST || view.getUint8(start) !== PLAIN_IPV4) {
        asked[index] = hash;
        answered[index] = hash;
        continue;
      }
      const ports = view.getInt32(start + PORTS);
      const to = view.getInt32(start + DESTINATION);
      const carried = view.getUint8(start + PROTOCOL);
      if (to !== target || (ports & 0xffff) !== port || carried !== protocol) {
        target = to;
        port = ports & 0xffff;
        protocol = carried;
        hash = plain.hashOf(protocol, target, port);
      }
      asked[index] = plain.hashOf(protocol, view.getInt32(start + SOURCE), ports >>> 16);
      answered[index] = hash;
    }
    let seen = 0;
    for (let index = 0; index < known; index++) {
      seen ^= plain.glance(asked[index]!) ^ plain.glance(answered[index]!);
    }
    this.#pick(asked, known);
    this.#pick(answered, known);
    for (let index = 0; index < known; index++) {
      seen ^= table.glanceAt(asked[index]!) ^ table.glanceAt(answered[index]!);
    }
    this.#seen ^= seen;
    this.#batch = batch;
    this.#count = known;
    this.#next = 0;
    this.#additions = table.additions;
  }

  /** Tells in `asked` and `answered` what is known of a packet about to be decided. */
  find(frame: Frame): void {
    this.asked = NO_CONNECTION;
    this.answered = NO_CONNECTION;
    if (this.#next < this.#count) this.#recall(frame);
  }

  /** Combination of all that was seen. */
  get seen(): number {
    return this.#seen;
  }

  #recall(frame: Frame): void {
    if (this.#table.additions !== this.#additions) return;
    while (this.#next < this.#count && this.#batch[this.#next] !== frame) this.#next++;
    if (this.#next === this.#count) return;
    this.asked = this.#asked[this.#next]!;
    this.answered = this.#answered[this.#next]!;
    this.#next++;
  }

  /** Puts handles in the place of hashes. */
  #pick(hashes: Int32Array, count: number): void {
    let hash = 0;
    let likely = NO_CONNECTION;
    for (let index = 0; index < count; index++) {
      if (hashes[index] !== hash || index === 0) {
        hash = hashes[index]!;
        likely = this.#table.plain.likely(hash);
      }
      hashes[index] = likely;
    }
  }
}
