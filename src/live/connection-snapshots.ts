/**
 * The newest look at the connections, shared by all who ask.
 *
 * A look costs time where there are many connections, so there is one at a time, and after it a rest of
 * several times what it took. Whoever asks in the meantime is answered from the one before.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";
import { type ConnectionQuery, selectRows } from "./connection-query.ts";
import { type ConnectionRow, ConnectionTable } from "./connection-table.ts";

/** Rest after a look, in times of what it took. */
const REST = 4;
/** Answers to the same question that are kept. */
const KEPT = 8;

/** How often something occurs. */
export type Occurrences = Readonly<Record<string, number>>;

/** A part of what was asked for. */
export interface ConnectionPage {
  /** When the connections were looked at, in ms since 1970. */
  readonly at: Milliseconds;
  /** How long it will be before they are looked at again, at the least. */
  readonly rest: Milliseconds;
  /** All connections there were. */
  readonly total: number;
  /** Those that fit. */
  readonly matched: number;
  /** Place of the first row among those that fit. */
  readonly offset: number;
  readonly rows: readonly ConnectionRow[];
  /** Connections by state, of all. */
  readonly states: Occurrences;
  /** Connections by virtual end, of all; the most frequent. */
  readonly virtuals: Occurrences;
  /** Connections by real server, of all; the most frequent. */
  readonly servers: Occurrences;
}

/** Which part. */
export interface PageRequest extends ConnectionQuery {
  readonly offset: number;
  readonly limit: number;
  /** How old the look may be. */
  readonly maxAge: Milliseconds;
}

interface Snapshot {
  readonly table: ConnectionTable;
  readonly at: Milliseconds;
  readonly took: Milliseconds;
  readonly selections: Map<string, Uint32Array>;
  readonly facets: Pick<ConnectionPage, "states" | "virtuals" | "servers">;
}

/** Looks at connections. */
export class ConnectionSnapshots {
  readonly #read: () => AsyncIterable<string>;
  readonly #now: () => Milliseconds;
  #latest: Snapshot | undefined;
  #looking: Promise<Snapshot> | undefined;

  /** @param read gives the text of `ip_vs_conn` */
  constructor(read: () => AsyncIterable<string>, now: () => Milliseconds = Date.now) {
    this.#read = read;
    this.#now = now;
  }

  /** @throws as `read` does */
  async page(request: PageRequest): Promise<ConnectionPage> {
    const { offset, limit, maxAge, ...query } = request;
    const snapshot = await this.#snapshot(maxAge);
    const { table, at, took, facets } = snapshot;
    const rows = selection(snapshot, query);
    const part = rows.subarray(offset, offset + limit);
    return {
      at,
      rest: REST * took,
      total: table.length,
      matched: rows.length,
      offset,
      rows: Array.from(part, (row) => table.row(row)),
      ...facets,
    };
  }

  async #snapshot(maxAge: Milliseconds): Promise<Snapshot> {
    const latest = this.#latest;
    if (latest === undefined) return this.#look();
    const age = this.#now() - latest.at;
    return age <= Math.max(maxAge, REST * latest.took) ? latest : this.#look();
  }

  #look(): Promise<Snapshot> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<Snapshot> {
    const begun = this.#now();
    const table = await ConnectionTable.read(this.#read());
    const at = this.#now();
    const snapshot = { table, at, took: at - begun, selections: new Map(), facets: facets(table) };
    this.#latest = snapshot;
    return snapshot;
  }
}

function selection({ table, selections }: Snapshot, query: ConnectionQuery): Uint32Array {
  const key = JSON.stringify(query);
  const known = selections.get(key);
  if (known !== undefined) return known;
  const rows = selectRows(table, query);
  const [oldest] = selections.keys();
  if (selections.size >= KEPT && oldest !== undefined) selections.delete(oldest);
  selections.set(key, rows);
  return rows;
}

/** Ends that are offered for choice. */
const MOST_ENDS = 200;

function facets(table: ConnectionTable): Snapshot["facets"] {
  const { length } = table;
  const counts = (column: Uint8Array | Uint32Array, text: (number: number) => string) => {
    const byNumber = new Map<number, number>();
    for (let row = 0; row < length; row++) {
      byNumber.set(column[row]!, (byNumber.get(column[row]!) ?? 0) + 1);
    }
    const sorted = [...byNumber].sort(([, a], [, b]) => b - a).slice(0, MOST_ENDS);
    return Object.fromEntries(sorted.map(([number, count]) => [text(number), count]));
  };
  return {
    states: counts(table.state, (number) => table.states[number]!),
    virtuals: counts(table.virtual, (number) => table.virtualAt(number).text),
    servers: counts(table.server, (number) => table.servers[number]!.text),
  };
}
