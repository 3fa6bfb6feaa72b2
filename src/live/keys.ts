/**
 * The texts services and real servers are told apart by where JSON or a URL names one.
 *
 * @module
 */
import { UNSPECIFIED } from "../net/address.ts";
import { formatEndpoint, parseEndpoint } from "../net/endpoint.ts";
import { SCTP, TCP, UDP } from "../net/protocol.ts";
import type { DestinationId, ServiceId } from "../wire/ipvs-objects.ts";

/** Names of the protocols services have. */
export const PROTOCOL_NUMBERS: Readonly<Record<string, number>> = {
  tcp: TCP,
  udp: UDP,
  sctp: SCTP,
};

const MAX_MARK = 0xffffffff;

/** Returns the name of a protocol, in lower case, or its number. */
export function protocolText(protocol: number): string {
  const names = Object.keys(PROTOCOL_NUMBERS);
  return names.find((name) => PROTOCOL_NUMBERS[name] === protocol) ?? String(protocol);
}

/** Returns the key of a service: `tcp 192.0.2.1:80`, `fwmark 7`, `fwmark 7 ipv6`. */
export function serviceKey(id: ServiceId): string {
  if (id.fwmark !== 0) return `fwmark ${id.fwmark}${id.family === 6 ? " ipv6" : ""}`;
  return `${protocolText(id.protocol)} ${formatEndpoint(id)}`;
}

/** Returns the key of a real server. */
export function serverKey(id: DestinationId): string {
  return formatEndpoint(id);
}

/**
 * Returns the service a key names.
 *
 * @throws SyntaxError for a text that is no key
 */
export function parseServiceKey(key: string): ServiceId {
  const [kind = "", at = "", rest] = key.split(" ");
  if (kind === "fwmark") {
    const fwmark = Number(at);
    const family = rest === "ipv6" ? 6 : 4;
    const known = /^\d{1,10}$/.test(at) && fwmark >= 1 && fwmark <= MAX_MARK;
    if (known && (rest === undefined || rest === "ipv6")) {
      return { family, protocol: 0, address: UNSPECIFIED[family], port: 0, fwmark };
    }
  }
  const protocol = Object.hasOwn(PROTOCOL_NUMBERS, kind) ? PROTOCOL_NUMBERS[kind] : undefined;
  if (protocol === undefined || rest !== undefined) {
    throw new SyntaxError(
      `Cannot parse service "${key}": must be tcp, udp or sctp and ADDRESS:PORT, or fwmark and 1–${MAX_MARK}`,
    );
  }
  const { address, port } = parseEndpoint(at);
  return { family: address.family, protocol, address, port, fwmark: 0 };
}
