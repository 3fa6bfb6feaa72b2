/**
 * What there is to find in a table. Described in docs/lint.md, each rule with an example.
 *
 * @module
 */
import { formatAddress } from "../net/address.ts";
import { formatEndpoint } from "../net/endpoint.ts";
import { UDP } from "../net/protocol.ts";
import type { Position } from "../rules/position.ts";
import { SERVICE_FLAG, TUNNEL_TYPE } from "../wire/ipvs-objects.ts";
import type { Finding } from "./finding.ts";
import { finding, type LintServer, type LintService, type LintTable } from "./lint-table.ts";
import type { RuleName } from "./rule-name.ts";

/** Looks at one service. */
export type ServiceRule = (service: LintService) => readonly Finding[];

/** Largest weight every ipvsadm takes; later patches take more. Source: ipvsadm(8) before them. */
const IPVSADM_WEIGHT_MAX = 65535;
/** Buckets of the table of sh. Source: linux ip_vs_sh.c `IP_VS_SH_TAB_SIZE`. */
const SH_BUCKETS = 256;
/** Seconds until Linux looks after an idle TCP connection. Source: tcp(7), tcp_keepalive_time. */
const TCP_KEEPALIVE = 7200;
/** Bytes a tunnel puts before a packet over IPv4: IP; IP, UDP, GUE; IP, GRE. */
const TUNNEL_OVERHEAD: Readonly<Record<number, number>> = {
  [TUNNEL_TYPE.ipip]: 20,
  [TUNNEL_TYPE.gue]: 32,
  [TUNNEL_TYPE.gre]: 24,
};
/** An IPv6 header is that much longer. */
const IPV6_MORE = 20;

const HASHING: readonly string[] = ["sh", "mh"];
const WEIGHTLESS: readonly string[] = ["rr", "lc", "dh"];

function serverName({ id }: LintServer): string {
  return formatEndpoint(id);
}

/** Returns where a setting of a real server or service is. */
function placeOf(part: LintServer | LintService, ...keywords: readonly string[]): Position {
  const keyword = keywords.find((each) => part.settings?.[each] !== undefined);
  return keyword === undefined ? part.at : part.settings![keyword]!;
}

/** Returns a rule that looks at each real server for itself. */
function forServers(
  name: RuleName,
  look: (
    server: LintServer,
    service: LintService,
  ) => readonly [at: Position, message: string] | undefined,
): ServiceRule {
  return (service) =>
    service.servers.flatMap((server) => {
      const found = look(server, service);
      return found === undefined ? [] : [finding(name, ...found)];
    });
}

/** Returns a rule that looks at the service. */
function forService(
  name: RuleName,
  look: (service: LintService) => readonly [at: Position, message: string] | undefined,
): ServiceRule {
  return (service) => {
    const found = look(service);
    return found === undefined ? [] : [finding(name, ...found)];
  };
}

/** All rules about a service. */
export const SERVICE_RULES: readonly ServiceRule[] = [
  forServers("threshold-order", (server) => {
    const { lowerThreshold, upperThreshold } = server.config;
    if (lowerThreshold <= upperThreshold) return undefined;
    return [
      placeOf(server, "lthreshold"),
      `lower threshold ${lowerThreshold} of ${serverName(server)} is above its upper threshold ` +
        `${upperThreshold}: a director refuses the real server; it must be 0–${upperThreshold}`,
    ];
  }),
  forServers("other-port", (server, service) => {
    const { method } = server.config;
    const { id } = service;
    const bound = method === "direct-route" || method === "tunnel";
    if (!bound || id.fwmark !== 0 || id.port === 0 || server.id.port === id.port) return undefined;
    return [
      server.at,
      `${serverName(server)} is reached by ${method === "tunnel" ? "a tunnel" : "direct routing"}, ` +
        `which leaves the port of a packet as it is: clients get port ${id.port} of it, ` +
        `never ${server.id.port}`,
    ];
  }),
  forServers("weight-range", (server) => {
    const { weight } = server.config;
    if (weight <= IPVSADM_WEIGHT_MAX) return undefined;
    return [
      placeOf(server, "weight"),
      `weight ${weight} of ${serverName(server)} is above ${IPVSADM_WEIGHT_MAX}: a director takes it, ` +
        "but not every ipvsadm does, and there the saved table cannot be restored",
    ];
  }),
  forService("ignored-weights", (service) => {
    const { scheduler } = service.config;
    const weights = new Set(service.servers.map(({ config }) => config.weight).filter(Boolean));
    if (!WEIGHTLESS.includes(scheduler) || weights.size < 2) return undefined;
    return [
      placeOf(service, "lvs_sched", "lb_algo"),
      `${scheduler} ignores the weights of the real servers, which differ` +
        (scheduler === "dh" ? "" : `: use w${scheduler} to have them count`),
    ];
  }),
  forService("no-weight", (service) => {
    const { servers } = service;
    if (servers.length === 0 || servers.some(({ config }) => config.weight > 0)) return undefined;
    return [service.at, "all real servers have weight 0: nobody takes a new connection"];
  }),
  forService("no-servers", (service) =>
    service.servers.length > 0
      ? undefined
      : [service.at, "the service has no real servers: whatever is sent to it is refused"],
  ),
  forServers("hash-fallback", (server, { config: { scheduler, flags } }) => {
    const inhibits = server.settings?.inhibit_on_failure !== undefined;
    const falls = (flags & SERVICE_FLAG.scheduler1) !== 0;
    if (!HASHING.includes(scheduler) || falls) return undefined;
    const { weight, upperThreshold } = server.config;
    if (weight > 0 && !inhibits && upperThreshold === 0) return undefined;
    const when =
      weight === 0
        ? "has weight 0"
        : inhibits
          ? "gets weight 0 when it fails (inhibit_on_failure)"
          : `is full at ${upperThreshold} connections`;
    return [
      weight === 0
        ? placeOf(server, "weight")
        : placeOf(server, "inhibit_on_failure", "uthreshold"),
      `${serverName(server)} ${when}, and ${scheduler} then drops the clients it hashes there: set ` +
        `${scheduler}-fallback to give them to another`,
    ];
  }),
  forService("hash-buckets", (service) => {
    if (service.config.scheduler !== "sh") return undefined;
    const total = service.servers.reduce((sum, { config }) => sum + Math.max(1, config.weight), 0);
    if (total <= SH_BUCKETS) return undefined;
    return [
      placeOf(service, "lvs_sched", "lb_algo"),
      `sh has ${SH_BUCKETS} buckets, and deals each real server as many as its weight: of ${total} ` +
        "in all, the last servers get fewer or none; scale the weights down",
    ];
  }),
  forService("scheduler-flag", (service) => {
    const { scheduler, flags } = service.config;
    const named = SERVICE_FLAG.scheduler1 | SERVICE_FLAG.scheduler2 | SERVICE_FLAG.scheduler3;
    if ((flags & named) === 0 || HASHING.includes(scheduler)) return undefined;
    return [
      placeOf(service, "flag-1", "flag-2", "flag-3"),
      `${scheduler} knows no scheduler flags: they have no effect`,
    ];
  }),
  forService("persistence-mask", (service) => {
    const { flags, netmask } = service.config;
    const { family } = service.id;
    const at = placeOf(service, "persistence_granularity");
    if ((flags & SERVICE_FLAG.persistent) === 0 || family === 6) return undefined;
    if (netmask === 0) {
      return [at, "mask 0.0.0.0 makes all clients one: all of them get the same real server"];
    }
    // Ones, then zeros: the zeros turned to ones are a power of 2 less 1.
    const rest = ~netmask >>> 0;
    if ((rest & (rest + 1)) === 0) return undefined;
    return [at, "the persistence mask has a gap: clients far apart share a real server"];
  }),
  forService("persistence-engine", (service) => {
    const { persistenceEngine, flags } = service.config;
    const { protocol, fwmark } = service.id;
    if (!persistenceEngine) return undefined;
    const at = placeOf(service, "persistence_engine");
    if ((flags & SERVICE_FLAG.persistent) === 0) {
      return [at, `persistence engine ${persistenceEngine} has no effect without persistence (-p)`];
    }
    if (persistenceEngine !== "sip" || fwmark !== 0 || protocol === UDP) return undefined;
    return [at, "persistence engine sip reads UDP only: it has no effect here"];
  }),
  forService("tunnel-mtu", (service) => {
    const tunnel = service.servers.find(({ config }) => config.method === "tunnel");
    if (tunnel === undefined) return undefined;
    const overhead =
      (TUNNEL_OVERHEAD[tunnel.config.tunnelType] ?? TUNNEL_OVERHEAD[TUNNEL_TYPE.ipip]!) +
      (tunnel.id.address.family === 6 ? IPV6_MORE : 0);
    return [
      tunnel.at,
      `a tunnel adds ${overhead} bytes: packets above ${1500 - overhead} bytes do not fit an MTU of ` +
        "1500, and clients must hear so (ICMP) or be told a smaller MSS",
    ];
  }),
];

/** Returns the services that take any port of an address of which others take some. */
export function sharedAddressFindings({ services }: LintTable): readonly Finding[] {
  const key = ({ id }: LintService) => `${id.protocol} ${formatAddress(id.address)}`;
  return services
    .filter(({ id }) => id.fwmark === 0 && id.port === 0)
    .flatMap((whole) => {
      const other = services.find(
        (each) => each.id.fwmark === 0 && each.id.port !== 0 && key(each) === key(whole),
      );
      if (other === undefined) return [];
      const message =
        `the service for every port of ${formatAddress(whole.id.address)} shares the address with one ` +
        `for port ${other.id.port} (${other.place}), which goes first and has real servers and ` +
        "persistence of its own";
      return [finding("shared-address", whole.at, message)];
    });
}

/** Returns what there is to find about the timeouts. */
export function timeoutFindings({ timeouts }: LintTable): readonly Finding[] {
  if (timeouts === undefined) return [];
  const { tcp } = timeouts.config;
  if (tcp === 0 || tcp >= TCP_KEEPALIVE) return [];
  return [
    finding(
      "short-timeout",
      timeouts.at,
      `TCP timeout ${tcp} s: a connection idle that long is forgotten, while its ends first send a ` +
        `keepalive after ${TCP_KEEPALIVE} s (tcp_keepalive_time): it then breaks`,
    ),
  ];
}
