/**
 * Which connections are wanted, in which order.
 *
 * @module
 */
import { type AddressWords, type Family, parseAddress } from "../net/address.ts";
import { networkWords, type Prefix, parsePrefix, sharesPrefix } from "../net/prefix.ts";
import type { ConnectionTable } from "./connection-table.ts";

/** Columns rows can be sorted by. */
export const SORT_KEYS = ["protocol", "client", "virtual", "server", "state", "expires"] as const;

/** One of `SORT_KEYS`. */
export type SortKey = (typeof SORT_KEYS)[number];

/** What is wanted. What is absent does not matter. */
export interface ConnectionQuery {
  /** Words separated by blanks that must all fit: see `parseWord`. */
  readonly text?: string | undefined;
  /** Name of a state. */
  readonly state?: string | undefined;
  /** Text of a virtual end. */
  readonly virtual?: string | undefined;
  /** Text of a real server. */
  readonly server?: string | undefined;
  /** In the order of the director's table unless given. */
  readonly sort?: SortKey | undefined;
  readonly descending?: boolean | undefined;
}

type Test = (row: number) => boolean;

/** Returns the rows that are wanted, by number. */
export function selectRows(table: ConnectionTable, query: ConnectionQuery): Uint32Array {
  const tests = testsOf(table, query);
  const rows = new Uint32Array(table.length);
  let count = 0;
  for (let row = 0; row < table.length; row++) {
    if (tests.every((test) => test(row))) rows[count++] = row;
  }
  const chosen = rows.subarray(0, count);
  if (query.sort !== undefined) sortRows(table, chosen, query.sort, query.descending === true);
  return chosen;
}

function testsOf(table: ConnectionTable, query: ConnectionQuery): readonly Test[] {
  const { state, virtual, server, text = "" } = query;
  const tests: Test[] = [];
  if (state !== undefined) {
    const number = table.states.indexOf(state);
    tests.push((row) => table.state[row] === number);
  }
  if (virtual !== undefined) {
    tests.push((row) => table.virtualAt(table.virtual[row]!).text === virtual);
  }
  if (server !== undefined) {
    const number = table.servers.findIndex((end) => end.text === server);
    tests.push((row) => table.server[row] === number);
  }
  for (const word of text.split(/\s+/)) if (word !== "") tests.push(parseWord(table, word));
  return tests;
}

/**
 * Returns the test of a word: an address or a prefix, also a begun one (`10.1.`), is that of any end;
 * `ADDRESS:PORT` is one end; a number is a port of any end; other words are part of a state or protocol.
 */
function parseWord(table: ConnectionTable, word: string): Test {
  if (/^\d{1,5}$/.test(word)) {
    const port = Number(word);
    return anyEnd(table, (_family, _words, each) => each === port);
  }
  const prefix = prefixOf(word);
  if (prefix !== undefined) {
    const { family } = prefix.address;
    const network = networkWords(prefix);
    return anyEnd(
      table,
      (each, words) => each === family && sharesPrefix(words, network, prefix.prefixLength),
    );
  }
  const [, host = "", digits = ""] = /^\[?([^\]]*?)\]?:(\d{1,5})$/.exec(word) ?? [];
  const end = host === "" ? undefined : prefixOf(host);
  if (end !== undefined) {
    const port = Number(digits);
    return anyEnd(
      table,
      (family, words, each) =>
        each === port &&
        family === end.address.family &&
        sharesPrefix(words, end.address.words, end.prefixLength),
    );
  }
  const part = word.toLowerCase();
  const states = table.states.map((state) => state.toLowerCase().includes(part));
  const protocols = table.protocols.map((protocol) => protocol.includes(part));
  return (row) => states[table.state[row]!] === true || protocols[table.protocol[row]!] === true;
}

/** Returns a prefix, also of an IPv4 address that is not whole: `10.1` and `10.1.` are 10.1.0.0/16. */
function prefixOf(text: string): Prefix | undefined {
  if (/^\d{1,3}(\.\d{1,3}){0,2}\.?$/.test(text) && text.includes(".")) {
    const octets = text.replace(/\.$/, "").split(".");
    const whole = [...octets, "0", "0", "0"].slice(0, 4).join(".");
    try {
      return { address: parseAddress(whole), prefixLength: 8 * octets.length };
    } catch {
      return undefined;
    }
  }
  try {
    return parsePrefix(text);
  } catch {
    return undefined;
  }
}

type EndTest = (family: Family, words: Readonly<AddressWords>, port: number) => boolean;

/** Returns what tests the ends of a row; those that are shared are tested once. */
function anyEnd(table: ConnectionTable, test: EndTest): Test {
  const virtuals = new Map<number, boolean>();
  const servers = table.servers.map(({ family, words, port }) => test(family, words, port));
  const isVirtual = (number: number): boolean => {
    const known = virtuals.get(number);
    if (known !== undefined) return known;
    const { family, words, port } = table.virtualAt(number);
    const fits = test(family, words, port);
    virtuals.set(number, fits);
    return fits;
  };
  return (row) =>
    test(
      table.family[row] as Family,
      table.client.subarray(4 * row, 4 * row + 4),
      table.clientPort[row]!,
    ) ||
    isVirtual(table.virtual[row]!) ||
    servers[table.server[row]!] === true;
}

function sortRows(
  table: ConnectionTable,
  rows: Uint32Array,
  key: SortKey,
  descending: boolean,
): void {
  const compare = comparison(table, key);
  // Rows of equal keys keep the order of the table either way.
  rows.sort((a, b) => (descending ? compare(b, a) : compare(a, b)) || a - b);
}

function comparison(table: ConnectionTable, key: SortKey): (a: number, b: number) => number {
  const byRank = (column: Uint8Array | Uint32Array, ranks: ReadonlyMap<number, number>) => {
    return (a: number, b: number): number => ranks.get(column[a]!)! - ranks.get(column[b]!)!;
  };
  switch (key) {
    case "expires":
      return (a, b) => table.expires[a]! - table.expires[b]!;
    case "client":
      return (a, b) => compareClients(table, a, b);
    case "protocol":
      return byRank(table.protocol, ranksOf(table.protocols.map((text, at) => [at, text])));
    case "state":
      return byRank(table.state, ranksOf(table.states.map((text, at) => [at, text])));
    case "virtual": {
      const numbers = new Set(table.virtual.subarray(0, table.length));
      const texts = [...numbers].map((at): [number, string] => [at, table.virtualAt(at).text]);
      return byRank(table.virtual, ranksOf(texts));
    }
    case "server":
      return byRank(table.server, ranksOf(table.servers.map(({ text }, at) => [at, text])));
  }
}

/** Returns the place of each number in the order of its text; digits count as numbers. */
function ranksOf(texts: readonly (readonly [number, string])[]): ReadonlyMap<number, number> {
  const order = new Intl.Collator("en", { numeric: true });
  const sorted = [...texts].sort(([, a], [, b]) => order.compare(a, b));
  return new Map(sorted.map(([number], rank) => [number, rank]));
}

function compareClients(table: ConnectionTable, a: number, b: number): number {
  const { family, client, clientPort } = table;
  if (family[a] !== family[b]) return family[a]! - family[b]!;
  for (let word = 0; word < 4; word++) {
    const difference = client[4 * a + word]! - client[4 * b + word]!;
    if (difference !== 0) return difference;
  }
  return clientPort[a]! - clientPort[b]!;
}
