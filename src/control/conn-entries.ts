/**
 * Reads the text of the status file `ip_vs_conn`: the connections, for who lists them.
 *
 * @module
 */
import type { Seconds } from "../base/clock.ts";
import { type Address, addressFromBytes, ipv4Address } from "../net/address.ts";
import type { Endpoint } from "../net/endpoint.ts";

/** A connection or template, as its line tells of it. */
export interface ConnectionEntry {
  /** Name of the protocol: `TCP`, `UDP`, `SCTP`, `IP` for the template of a firewall-mark service. */
  readonly protocol: string;
  readonly client: Endpoint;
  /** The firewall mark as an address, for the template of a firewall-mark service. */
  readonly virtual: Endpoint;
  /** May be of another family than the client's. */
  readonly destination: Endpoint;
  /** Name of the state, such as `SYN_RECV`. */
  readonly state: string;
  /** Time left, in whole seconds. */
  readonly expires: Seconds;
  /** Name of the persistence engine, where it holds data. */
  readonly engineName?: string | undefined;
  /** What the engine holds: all the rest of the line, blanks included. */
  readonly engineData?: string | undefined;
}

const LINE = new RegExp(
  [
    /^(?<protocol>\S+) +/,
    /(?<client>[\dA-Fa-f:]+) +(?<clientPort>[\dA-Fa-f]{1,4}) +/,
    /(?<virtual>[\dA-Fa-f:]+) +(?<virtualPort>[\dA-Fa-f]{1,4}) +/,
    /(?<destination>[\dA-Fa-f:]+) +(?<destinationPort>[\dA-Fa-f]{1,4}) +/,
    /(?<state>\S+) +(?<expires>\d{1,15})/,
    /(?: +(?<engine>\S+)(?: (?<data>.*))?)?\s*$/,
  ]
    .map((part) => part.source)
    .join(""),
  "s",
);

/**
 * Yields the connections in the text of `ip_vs_conn`, whose first line is skipped whatever it says: those
 * of each piece of the text together, a few hundred where pieces are as a director sends them.
 *
 * @throws SyntaxError at a line that is none of a connection, a blank one included, after the
 *   connections before it were given; at once when there is no first line
 */
export async function* connectionEntries(
  pieces: AsyncIterable<string>,
): AsyncGenerator<readonly ConnectionEntry[], void, undefined> {
  const reader = new EntryReader();
  for await (const piece of pieces) {
    yield reader.read(piece);
    reader.check();
  }
  yield reader.end();
  reader.check();
}

/** Takes text piece by piece. */
class EntryReader {
  /** Lines understood so far. */
  #lines = 0;
  /** What has come of the line that is not whole. */
  #rest = "";
  #fault: SyntaxError | undefined;

  /** Returns the connections of the lines that have become whole, up to one that is none. */
  read(piece: string): readonly ConnectionEntry[] {
    const entries: ConnectionEntry[] = [];
    const text = this.#rest + piece;
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      this.#take(text.slice(start, end), entries);
      if (this.#fault !== undefined) return entries;
      start = end + 1;
    }
    this.#rest = text.slice(start);
    return entries;
  }

  /** Returns the connection of a last line without its end. */
  end(): readonly ConnectionEntry[] {
    const entries: ConnectionEntry[] = [];
    if (this.#rest !== "") this.#take(this.#rest, entries);
    if (this.#lines === 0) {
      this.#fault ??= new SyntaxError("Cannot read connections: the text has no first line");
    }
    return entries;
  }

  /** @throws SyntaxError when a line was none of a connection */
  check(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  #take(line: string, entries: ConnectionEntry[]): void {
    this.#lines++;
    if (this.#lines === 1) return;
    const entry = entryOf(line);
    if (entry !== undefined) entries.push(entry);
    else {
      const reason = `Cannot read line ${this.#lines} "${line}": must be a connection`;
      this.#fault = new SyntaxError(reason);
    }
  }
}

function entryOf(line: string): ConnectionEntry | undefined {
  const found = LINE.exec(line)?.groups;
  if (found === undefined) return undefined;
  const client = endpointOf(found.client, found.clientPort);
  const virtual = endpointOf(found.virtual, found.virtualPort);
  const destination = endpointOf(found.destination, found.destinationPort);
  if (client === undefined || virtual === undefined || destination === undefined) return undefined;
  return {
    protocol: found.protocol!,
    client,
    virtual,
    destination,
    state: found.state!,
    expires: Number(found.expires),
    engineName: found.engine,
    engineData: found.data,
  };
}

function endpointOf(address: string | undefined, port: string | undefined): Endpoint | undefined {
  const parsed = address === undefined ? undefined : addressOf(address);
  return parsed && { address: parsed, port: Number.parseInt(port ?? "", 16) };
}

/** Returns the address of 8 hexadecimal digits or of eight groups, or `undefined`. */
function addressOf(text: string): Address | undefined {
  if (/^[\dA-Fa-f]{8}$/.test(text)) return ipv4Address(Number.parseInt(text, 16));
  const groups = text.split(":");
  if (groups.length !== 8 || !groups.every((group) => /^[\dA-Fa-f]{1,4}$/.test(group))) {
    return undefined;
  }
  const values = groups.map((group) => Number.parseInt(group, 16));
  return addressFromBytes(Uint8Array.from(values.flatMap((value) => [value >> 8, value & 255])));
}
