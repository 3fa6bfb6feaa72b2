/**
 * The status files of /proc/net, as text: what IPVS tells of itself to who reads rather than asks.
 *
 * Everything is made from plain records and comes line by line, so that a table of a million
 * connections is never one string. The layouts are the kernel's to the last blank.
 *
 * Source: Linux net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_conn.c and ip_vs_app.c, the formats of their
 * files as they read on Linux 6.1.
 *
 * @module
 */
import type { ConnectionRecord } from "../engine/connection-record.ts";
import type { Address } from "../net/address.ts";
import { ICMP, ICMPV6, SCTP, TCP, UDP } from "../net/protocol.ts";
import {
  type CounterValues,
  type DestinationStatus,
  type ForwardingMethod,
  SERVICE_FLAG,
  type ServiceStatus,
  type StatsSnapshot,
} from "../wire/ipvs-objects.ts";
import type { Administration } from "./backend.ts";

/** A port an application helper watches. */
export interface HelperRecord {
  /** Protocol number. */
  readonly protocol: number;
  readonly port: number;
  /** Connections that use it now. */
  readonly useCount: number;
  readonly name: string;
}

/** Where the files come from. */
export interface StatusSources {
  readonly administration: Administration;
  /** Kernel clock ticks per second: a persistence timeout is shown in ticks. */
  readonly ticksPerSecond: number;
  /** Counters and rates of all traffic, as commands see them. */
  totals(): StatsSnapshot;
  /** Counters of all traffic as they stand and never zeroed, one element a processor. */
  processors(): readonly CounterValues[];
  connections(): Iterable<ConnectionRecord>;
  helpers(): Iterable<HelperRecord>;
}

/** Returns the lines of a status file, each with its line end, or `undefined` for a name unknown. */
export function statusFile(sources: StatusSources, name: string): Iterable<string> | undefined {
  switch (name) {
    case "ip_vs":
      return serviceLines(sources.administration, sources.ticksPerSecond);
    case "ip_vs_conn":
      return connectionLines(sources.connections());
    case "ip_vs_conn_sync":
      return originLines(sources.connections());
    case "ip_vs_stats":
      return statsLines(sources.totals());
    case "ip_vs_stats_percpu":
      return processorLines(sources.processors(), sources.totals());
    case "ip_vs_app":
      return helperLines(sources.helpers());
    default:
      return undefined;
  }
}

/** Yields the lines of `ip_vs`: services in the administration's order, each with its destinations. */
export function* serviceLines(
  administration: Administration,
  ticksPerSecond: number,
): Generator<string> {
  const { version, connectionTableSize } = administration.info();
  const release = `${version >>> 16}.${(version >>> 8) & 255}.${version & 255}`;
  yield `IP Virtual Server version ${release} (size=${connectionTableSize})\n`;
  yield "Prot LocalAddress:Port Scheduler Flags\n";
  yield "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n";
  for (const service of administration.services()) {
    yield serviceLine(service, ticksPerSecond);
    for (const destination of administration.destinations(service.id)) {
      yield destinationLine(destination);
    }
  }
}

function serviceLine({ id, config }: ServiceStatus, ticksPerSecond: number): string {
  const onePacket = (config.flags & SERVICE_FLAG.onePacket) !== 0 ? "ops " : "";
  const scheduler = `${config.scheduler} `;
  let line: string;
  if (id.fwmark !== 0) line = `FWM  ${hex(id.fwmark, 8)} ${scheduler}${onePacket}`;
  else {
    line = `${protocolName(id.protocol)}  ${endpoint(id.address, id.port)} ${scheduler}`;
    if (id.family === 4) line += `${onePacket} `;
  }
  if ((config.flags & SERVICE_FLAG.persistent) === 0) return `${line}\n`;
  // A prefix length is kept in host order and shown as if it were a mask in network order.
  const netmask = id.family === 4 ? config.netmask : swapBytes(config.netmask);
  // The kernel's own product of seconds and ticks has 32 bits.
  const ticks = (config.timeout * ticksPerSecond) >>> 0;
  return `${line}persistent ${ticks} ${hex(netmask, 8)}\n`;
}

const METHOD_WORD: Readonly<Record<ForwardingMethod, string>> = {
  masquerade: "Masq",
  local: "Local",
  tunnel: "Tunnel",
  "direct-route": "Route",
  bypass: "Masq",
};

function destinationLine(status: DestinationStatus): string {
  const { id, config } = status;
  const method = METHOD_WORD[config.method].padEnd(7);
  const weight = String(config.weight).padEnd(6);
  const active = String(status.activeConnections).padEnd(10);
  const inactive = String(status.inactiveConnections).padEnd(10);
  return `  -> ${endpoint(id.address, id.port)}      ${method} ${weight} ${active} ${inactive}\n`;
}

/** Yields the lines of `ip_vs_conn`. */
export function* connectionLines(connections: Iterable<ConnectionRecord>): Generator<string> {
  yield "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";
  for (const connection of connections) {
    const { engineName, engineData } = connection;
    const engine = engineName === undefined ? "" : ` ${engineName} ${engineData ?? ""}`;
    yield `${connectionStart(connection)} ${remaining(connection)}${engine}\n`;
  }
}

/** Yields the lines of `ip_vs_conn_sync`. */
export function* originLines(connections: Iterable<ConnectionRecord>): Generator<string> {
  yield "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n";
  for (const connection of connections) {
    const origin = (connection.synced ? "SYNC" : "LOCAL").padEnd(6);
    yield `${connectionStart(connection)} ${origin} ${remaining(connection)}\n`;
  }
}

function connectionStart(connection: ConnectionRecord): string {
  const end = (address: Address, port: number): string => `${addressText(address)} ${hex(port, 4)}`;
  const client = end(connection.clientAddress, connection.clientPort);
  const virtual = end(connection.virtualAddress, connection.virtualPort);
  const destination = end(connection.destinationAddress, connection.destinationPort);
  const protocol = protocolName(connection.protocol).padEnd(3);
  return `${protocol} ${client} ${virtual} ${destination} ${connection.state.padEnd(11)}`;
}

function remaining(connection: ConnectionRecord): string {
  return String(Math.max(0, Math.floor(connection.expires))).padStart(7);
}

/** Yields the lines of `ip_vs_stats`; all numbers are hexadecimal. */
export function* statsLines(totals: StatsSnapshot): Generator<string> {
  yield "   Total Incoming Outgoing         Incoming         Outgoing\n";
  yield "   Conns  Packets  Packets            Bytes            Bytes\n";
  yield `${columns(countersOf(totals))}\n\n`;
  yield " Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n";
  yield `${columns(ratesOf(totals))}\n`;
}

/** Yields the lines of `ip_vs_stats_percpu`. */
export function* processorLines(
  processors: readonly CounterValues[],
  totals: StatsSnapshot,
): Generator<string> {
  yield "       Total Incoming Outgoing         Incoming         Outgoing\n";
  yield "CPU    Conns  Packets  Packets            Bytes            Bytes\n";
  for (const [index, counters] of processors.entries()) {
    yield `${index.toString(16).toUpperCase().padStart(3)} ${columns(countersOf(counters))}\n`;
  }
  yield `  ~ ${columns(countersOf(totals))}\n\n`;
  yield "     Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n";
  yield `    ${columns(ratesOf(totals))}\n`;
}

/** Yields the lines of `ip_vs_app`. */
export function* helperLines(helpers: Iterable<HelperRecord>): Generator<string> {
  yield "prot port    usecnt name\n";
  for (const { protocol, port, useCount, name } of helpers) {
    const start = `${protocolName(protocol).padEnd(3)}  ${String(port).padEnd(7)}`;
    yield `${start} ${String(useCount).padEnd(6)} ${name.padEnd(17)}\n`;
  }
}

type Five = readonly [bigint, bigint, bigint, bigint, bigint];

function countersOf(from: CounterValues): Five {
  return [from.conns, from.inPackets, from.outPackets, from.inBytes, from.outBytes];
}

function ratesOf(from: StatsSnapshot): Five {
  return [from.cps, from.inPps, from.outPps, from.inBps, from.outBps];
}

/** Returns three columns of 8 hexadecimal digits and two of 16. */
function columns(values: Five): string {
  return values
    .map((value, index) =>
      value
        .toString(16)
        .toUpperCase()
        .padStart(index < 3 ? 8 : 16),
    )
    .join(" ");
}

const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  0: "IP",
  [ICMP]: "ICMP",
  [TCP]: "TCP",
  [UDP]: "UDP",
  [ICMPV6]: "ICMPv6",
  [SCTP]: "SCTP",
};

/** Returns the name of a protocol as the status files show it. */
export function protocolName(protocol: number): string {
  return PROTOCOL_NAMES[protocol] ?? `IP_${protocol}`;
}

function endpoint(address: Address, port: number): string {
  const text = addressText(address);
  return `${address.family === 4 ? text : `[${text}]`}:${hex(port, 4)}`;
}

/** Returns 8 hexadecimal digits, or eight groups of 4 in lower case. */
function addressText({ family, words }: Address): string {
  if (family === 4) return hex(words[0]!, 8);
  const groups: string[] = [];
  for (const word of words) {
    const digits = word.toString(16).padStart(8, "0");
    groups.push(digits.slice(0, 4), digits.slice(4));
  }
  return groups.join(":");
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}

function swapBytes(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return view.getUint32(0);
}
