/**
 * Identities and configurations from little: texts for addresses, the front end's defaults for the rest.
 *
 * @module
 */
import { type Family, UNSPECIFIED } from "../net/address.ts";
import { parseEndpoint } from "../net/endpoint.ts";
import { SCTP, TCP, UDP } from "../net/protocol.ts";
import {
  type DestinationConfig,
  SERVICE_FLAG,
  type ServiceConfig,
  type ServiceId,
  TUNNEL_FLAG,
  TUNNEL_TYPE,
} from "../wire/ipvs-objects.ts";

const PROTOCOLS = { tcp: TCP, udp: UDP, sctp: SCTP } as const;
const DEFAULT_SCHEDULER = "wlc";
/** What `ipvsadm -p` alone means, in seconds. */
const DEFAULT_PERSISTENCE = 360;
const SINGLE_CLIENT = { 4: 0xffffffff, 6: 128 } as const;

/**
 * Returns the identity of a service: `serviceId("tcp", "192.0.2.1:80")`, or `serviceId("mark", 7)`.
 *
 * @throws SyntaxError for a text that is no `ADDRESS:PORT`
 */
export function serviceId(protocol: keyof typeof PROTOCOLS, at: string): ServiceId;
export function serviceId(protocol: "mark", mark: number): ServiceId;
export function serviceId(
  protocol: keyof typeof PROTOCOLS | "mark",
  at: string | number,
): ServiceId {
  if (protocol === "mark") {
    return { family: 4, protocol: 0, address: UNSPECIFIED[4], port: 0, fwmark: Number(at) };
  }
  const { address, port } = parseEndpoint(String(at));
  return { family: address.family, protocol: PROTOCOLS[protocol], address, port, fwmark: 0 };
}

/**
 * Returns a service configuration: `wlc`, not persistent, unless `changes` say otherwise. A service of
 * IPv6 has to say so, as its netmask is a prefix length.
 */
export function serviceConfig(
  changes: Partial<ServiceConfig> & {
    readonly persistent?: boolean;
    readonly family?: Family;
  } = {},
): ServiceConfig {
  const { persistent = false, family = 4, flags = 0, ...rest } = changes;
  return {
    scheduler: DEFAULT_SCHEDULER,
    timeout: persistent ? DEFAULT_PERSISTENCE : 0,
    netmask: SINGLE_CLIENT[family],
    ...rest,
    flags: persistent ? flags | SERVICE_FLAG.persistent : flags,
  };
}

/** Returns a destination configuration: direct routing, weight 1, unless `changes` say otherwise. */
export function destinationConfig(changes: Partial<DestinationConfig> = {}): DestinationConfig {
  return {
    method: "direct-route",
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnelType: TUNNEL_TYPE.ipip,
    tunnelPort: 0,
    tunnelFlags: TUNNEL_FLAG.none,
    ...changes,
  };
}
