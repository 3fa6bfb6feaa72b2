/**
 * A JSON document of services, as `ipvsadm -L --json` writes it, as the table it describes.
 *
 * What was only observed, such as counters, is passed over. A setting left out has ipvsadm's default; a
 * name that is none of the form's is refused, so that a slip of the pen is not.
 *
 * @module
 */
import { SINGLE_CLIENT } from "../ipvsadm/effective.ts";
import { inetPton4, inetPton6 } from "../ipvsadm/inet.ts";
import {
  PROTOCOLS,
  SCHEDULER_FLAG_BITS,
  SCHEMA,
  TUNNEL_TYPES,
} from "../ipvsadm/json/vocabulary.ts";
import { serverKey, serviceKey } from "../ipvsadm/keys.ts";
import { type Address, type Family, UNSPECIFIED } from "../net/address.ts";
import {
  type DestinationConfig,
  FORWARDING_METHODS,
  SERVICE_FLAG,
  type ServiceId,
  TUNNEL_FLAG,
  TUNNEL_TYPE,
} from "../wire/ipvs-objects.ts";
import { JsonReader } from "./json-reader.ts";
import { type Wanted, WantedError, type WantedServer, type WantedService } from "./wanted.ts";

const U16_MAX = 0xffff;
const U32_MAX = 0xffffffff;
const INT_MAX = 0x7fffffff;
/** Longest names the control messages carry. Source: linux/ip_vs.h, less the final NUL. */
const SCHEDULER_NAME_MAX = 15;
const ENGINE_NAME_MAX = 15;

/**
 * Returns the table a document describes.
 *
 * @param path where the text is from, for messages
 * @throws WantedError when it is no such document
 */
export function wantedOfJson(path: string, text: string): Wanted {
  try {
    return { path, ...readDocument(new JsonReader(JSON.parse(text))) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new WantedError(path, error.message);
  }
}

function readDocument(document: JsonReader): Omit<Wanted, "path"> {
  const { schema, complete, timeouts, services } = document.members(
    "schema",
    "version",
    "connectionTableSize",
    "complete",
    "timeouts",
    "services",
  );
  schema.oneOf(SCHEMA.services);
  const wanted = services.items().map(readService);
  refuseTwins(wanted, ({ id }) => serviceKey(id));
  for (const { servers } of wanted) refuseTwins(servers, ({ id }) => serverKey(id));
  return {
    services: wanted,
    ...(timeouts.present
      ? { timeouts: { config: readTimeouts(timeouts), place: "timeouts" } }
      : {}),
    complete: complete.or((value) => value.boolean(), true),
  };
}

function readTimeouts(value: JsonReader) {
  const { tcp, tcpFin, udp } = value.members("tcp", "tcpFin", "udp");
  const seconds = (timeout: JsonReader) => timeout.or((each) => each.integer(0, INT_MAX), 0);
  return { tcp: seconds(tcp), tcpFin: seconds(tcpFin), udp: seconds(udp) };
}

function refuseTwins<Part extends { readonly place: string }>(
  parts: readonly Part[],
  key: (part: Part) => string,
): void {
  const places = new Map<string, string>();
  for (const part of parts) {
    const twin = places.get(key(part));
    if (twin !== undefined) throw new SyntaxError(`${part.place} is the same as ${twin}`);
    places.set(key(part), part.place);
  }
}

function readService(service: JsonReader): WantedService {
  const members = service.members(
    "family",
    "protocol",
    "address",
    "port",
    "fwmark",
    "scheduler",
    "schedulerFlags",
    "onePacket",
    "persistence",
    "persistenceEngine",
    "stats",
    "rates",
    "servers",
  );
  const id = readServiceId(members);
  const persistence = members.persistence.or(
    (value) => readPersistence(value, id.family),
    undefined,
  );
  const onePacket = members.onePacket.or((value) => value.boolean(), false);
  const names = members.schedulerFlags.or((value) => value.items(), []);
  const engine = members.persistenceEngine.or((value) => value.word(ENGINE_NAME_MAX), undefined);
  return {
    id,
    config: {
      scheduler: members.scheduler.or((value) => value.word(SCHEDULER_NAME_MAX), "wlc"),
      flags:
        (persistence === undefined ? 0 : SERVICE_FLAG.persistent) |
        (onePacket ? SERVICE_FLAG.onePacket : 0) |
        names.reduce((bits, name) => bits | schedulerFlag(name), 0),
      timeout: persistence?.timeout ?? 0,
      netmask: persistence?.netmask ?? SINGLE_CLIENT[id.family],
      persistenceEngine: engine,
    },
    place: service.path,
    // Listed newest first.
    servers: members.servers
      .or((value) => value.items(), [])
      .map(readServer)
      .toReversed(),
  };
}

function schedulerFlag(name: JsonReader): number {
  return SCHEDULER_FLAG_BITS[name.oneOf(...Object.keys(SCHEDULER_FLAG_BITS))]!;
}

function readServiceId(
  members: Readonly<Record<"family" | "protocol" | "address" | "port" | "fwmark", JsonReader>>,
): ServiceId {
  const { protocol, address, port, fwmark } = members;
  const told = members.family.or((value) => value.oneOf(4, 6), undefined);
  if (fwmark.present) {
    const other = [protocol, address, port].find((value) => value.present);
    if (other !== undefined) throw other.fault("null where fwmark is not");
    const family = told ?? 4;
    const mark = fwmark.integer(1, U32_MAX);
    return { family, protocol: 0, address: UNSPECIFIED[family], port: 0, fwmark: mark };
  }
  const own = readAddress(address);
  if (told !== undefined && told !== own.family) {
    throw members.family.fault(`${own.family}, as the address is`);
  }
  return {
    family: own.family,
    protocol: protocol.named(PROTOCOLS, U16_MAX),
    address: own,
    port: port.integer(0, U16_MAX),
    fwmark: 0,
  };
}

function readAddress(value: JsonReader): Address {
  return value.parsed((text) => inetPton4(text) ?? inetPton6(text), "an IPv4 or IPv6 address");
}

function readPersistence(value: JsonReader, family: Family) {
  if (family === 4) {
    const { timeout, netmask } = value.members("timeout", "netmask");
    const mask = netmask.or((text) => text.parsed(inetPton4, "a mask such as 255.255.255.0"), null);
    return { timeout: timeout.integer(0, U32_MAX), netmask: mask?.words[0] ?? SINGLE_CLIENT[4] };
  }
  const { timeout, prefixLength } = value.members("timeout", "prefixLength");
  return {
    timeout: timeout.integer(0, U32_MAX),
    netmask: prefixLength.or((length) => length.integer(1, 128), SINGLE_CLIENT[6]),
  };
}

function readServer(server: JsonReader): WantedServer {
  const { address, port, method, weight, upperThreshold, lowerThreshold, tunnel } = server.members(
    "address",
    "port",
    "method",
    "weight",
    "upperThreshold",
    "lowerThreshold",
    "tunnel",
    "activeConnections",
    "inactiveConnections",
    "persistentConnections",
    "stats",
    "rates",
  );
  const how = method.or((value) => value.oneOf(...FORWARDING_METHODS), "direct-route" as const);
  if (tunnel.present && how !== "tunnel") throw tunnel.fault(`null with method "${how}"`);
  const threshold = (value: JsonReader) => value.or((each) => each.integer(0, U32_MAX), 0);
  return {
    id: { address: readAddress(address), port: port.integer(0, U16_MAX) },
    config: {
      method: how,
      weight: weight.or((value) => value.integer(0, INT_MAX), 1),
      upperThreshold: threshold(upperThreshold),
      lowerThreshold: threshold(lowerThreshold),
      ...tunnel.or(readTunnel, NO_TUNNEL),
    },
    place: server.path,
  };
}

type Tunnel = Pick<DestinationConfig, "tunnelType" | "tunnelPort" | "tunnelFlags">;

const NO_TUNNEL: Tunnel = {
  tunnelType: TUNNEL_TYPE.ipip,
  tunnelPort: 0,
  tunnelFlags: TUNNEL_FLAG.none,
};

function readTunnel(tunnel: JsonReader): Tunnel {
  const members = tunnel.members("type", "port", "checksum", "remoteChecksum");
  const { type, port, checksum, remoteChecksum } = members;
  const flag = (value: JsonReader, bit: number) =>
    value.or((each) => each.boolean(), false) ? bit : 0;
  const tunnelType = type.named(TUNNEL_TYPES, 255);
  return {
    tunnelType,
    tunnelPort:
      tunnelType === TUNNEL_TYPE.gue
        ? port.integer(1, U16_MAX)
        : port.or((value) => value.integer(0, U16_MAX), 0),
    tunnelFlags:
      flag(checksum, TUNNEL_FLAG.checksum) | flag(remoteChecksum, TUNNEL_FLAG.remoteChecksum),
  };
}
