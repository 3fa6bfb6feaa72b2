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
 * Yields the connections in the text of `ip_vs_conn`, whose first line is skipped whatever it says.
 *
 * @throws SyntaxError at a line that is none of a connection, a blank one included, after the
 *   connections before it were given; at once when there is no first line
 */
export function* connectionEntries(text: string): Generator<ConnectionEntry> {
  let start = nextLine(text, 0);
  if (start === 0) throw new SyntaxError("Cannot read connections: the text has no first line");
  for (let number = 2; start < text.length; number++) {
    const next = nextLine(text, start);
    const line = text.slice(start, text[next - 1] === "\n" ? next - 1 : next);
    const entry = entryOf(line);
    if (entry === undefined) {
      throw new SyntaxError(`Cannot read line ${number} "${line}": must be a connection`);
    }
    yield entry;
    start = next;
  }
}

/** Returns where the line behind the one at `start` begins. */
function nextLine(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end < 0 ? text.length : end + 1;
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
