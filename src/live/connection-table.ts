/**
 * The connections of one moment, packed: a hundred thousand of them take some 4 MB.
 *
 * Ends that many connections share, states and protocols are kept once each; a row holds their numbers.
 *
 * @module
 */
import { type ConnectionEntry, connectionEntries } from "../control/conn-entries.ts";
import { type AddressWords, type Family, formatAddress } from "../net/address.ts";
import { type Endpoint, formatEndpoint } from "../net/endpoint.ts";

/** Protocol the template of a firewall-mark service is listed under; its mark stands as an address. */
const ANY_PROTOCOL = "IP";
const FIRST_ROOM = 1024;

/** A connection or template, as text. */
export interface ConnectionRow {
  /** `tcp`, `udp`, `sctp`, `ip` for the template of a service by mark. */
  readonly protocol: string;
  readonly client: string;
  /** 0 of a template: any. */
  readonly clientPort: number;
  /** `ADDRESS:PORT`, or `fwmark 7`. */
  readonly virtual: string;
  readonly server: string;
  readonly state: string;
  /** Time left, in s. */
  readonly expires: number;
}

/** Texts with a number each, in the order they came. */
class Names {
  readonly texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }
}

/** An end that is kept once. */
export interface SharedEnd {
  readonly text: string;
  readonly family: Family;
  readonly words: Readonly<AddressWords>;
  readonly port: number;
}

class Ends {
  readonly ends: SharedEnd[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf({ address, port }: Endpoint, marked = false): number {
    const key = `${address.words.join()} ${port} ${address.family}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const text = marked ? `fwmark ${address.words[0]}` : formatEndpoint({ address, port });
    this.#numbers.set(key, this.ends.length);
    const { family, words } = address;
    return this.ends.push({ text, family, words, port }) - 1;
  }
}

/** All connections, by row. Columns have more room than rows. */
export class ConnectionTable {
  /** Rows there are. */
  length = 0;
  protocol = new Uint8Array(FIRST_ROOM);
  family = new Uint8Array(FIRST_ROOM);
  /** Four words a row. */
  client = new Uint32Array(4 * FIRST_ROOM);
  clientPort = new Uint16Array(FIRST_ROOM);
  /** Numbers in `virtuals`. */
  virtual = new Uint32Array(FIRST_ROOM);
  /** Numbers in `servers`. */
  server = new Uint32Array(FIRST_ROOM);
  state = new Uint8Array(FIRST_ROOM);
  expires = new Uint32Array(FIRST_ROOM);
  readonly #protocols = new Names();
  readonly #states = new Names();
  readonly #virtuals = new Ends();
  readonly #marks = new Ends();
  readonly #servers = new Ends();

  /** Reads the text of `ip_vs_conn`, and lets other events pass while it waits for more. */
  static async read(pieces: AsyncIterable<string>): Promise<ConnectionTable> {
    const table = new ConnectionTable();
    for await (const entries of connectionEntries(pieces)) {
      for (const entry of entries) table.#add(entry);
    }
    return table;
  }

  get protocols(): readonly string[] {
    return this.#protocols.texts;
  }

  get states(): readonly string[] {
    return this.#states.texts;
  }

  get servers(): readonly SharedEnd[] {
    return this.#servers.ends;
  }

  /** Returns an end by its number in the column `virtual`. */
  virtualAt(number: number): SharedEnd {
    return number & 1 ? this.#marks.ends[number >>> 1]! : this.#virtuals.ends[number >>> 1]!;
  }

  /** Returns a row as text. */
  row(at: number): ConnectionRow {
    return {
      protocol: this.protocols[this.protocol[at]!]!,
      client: formatAddress({
        family: this.family[at] as Family,
        words: this.client.subarray(4 * at, 4 * at + 4),
      }),
      clientPort: this.clientPort[at]!,
      virtual: this.virtualAt(this.virtual[at]!).text,
      server: this.servers[this.server[at]!]!.text,
      state: this.states[this.state[at]!]!,
      expires: this.expires[at]!,
    };
  }

  #add(entry: ConnectionEntry): void {
    if (this.length === this.protocol.length) this.#grow();
    const at = this.length++;
    const marked = entry.protocol === ANY_PROTOCOL;
    const ends = marked ? this.#marks : this.#virtuals;
    this.protocol[at] = this.#protocols.numberOf(entry.protocol.toLowerCase());
    this.family[at] = entry.client.address.family;
    this.client.set(entry.client.address.words, 4 * at);
    this.clientPort[at] = entry.client.port;
    this.virtual[at] = 2 * ends.numberOf(entry.virtual, marked) + (marked ? 1 : 0);
    this.server[at] = this.#servers.numberOf(entry.destination);
    this.state[at] = this.#states.numberOf(entry.state);
    this.expires[at] = entry.expires;
  }

  #grow(): void {
    const room = 2 * this.protocol.length;
    const grown = <Column extends Uint8Array | Uint16Array | Uint32Array>(
      column: Column,
      larger: Column,
    ): Column => {
      larger.set(column);
      return larger;
    };
    this.protocol = grown(this.protocol, new Uint8Array(room));
    this.family = grown(this.family, new Uint8Array(room));
    this.client = grown(this.client, new Uint32Array(4 * room));
    this.clientPort = grown(this.clientPort, new Uint16Array(room));
    this.virtual = grown(this.virtual, new Uint32Array(room));
    this.server = grown(this.server, new Uint32Array(room));
    this.state = grown(this.state, new Uint8Array(room));
    this.expires = grown(this.expires, new Uint32Array(room));
  }
}
