/**
 * The table keepalived would make of a configuration, were every real server healthy.
 *
 * What keepalived puts right by itself is put right here too, and remarked on.
 *
 * Source: what keepalived 2.2.7 puts into a kernel, and what it logs.
 *
 * @module
 */
import { SINGLE_CLIENT } from "../ipvsadm/effective.ts";
import { serverKey, serviceKey } from "../ipvsadm/keys.ts";
import { type Family, UNSPECIFIED } from "../net/address.ts";
import { UDP } from "../net/protocol.ts";
import type { WantedServer, WantedService } from "../rules/wanted.ts";
import { SERVICE_FLAG, type ServiceConfig, type ServiceId } from "../wire/ipvs-objects.ts";
import { DEFAULT_PERSISTENCE, type Notice } from "./read-configuration.ts";
import { DEFAULT_METHOD } from "./values.ts";
import type { Configuration, Placed, RealServer, VirtualServer } from "./virtual-server.ts";

/** A real server with what its virtual server decides. */
type Server = Required<RealServer>;

/** A service a virtual server makes, without its servers. */
interface Made {
  readonly id: ServiceId;
  readonly from: Placed;
}

/**
 * Returns the services keepalived asks a director for, in the order of the configuration. What the director
 * refuses of them is among them: see `withoutRefused`.
 */
export function tableOf(configuration: Configuration, notice: Notice): readonly WantedService[] {
  const services = new Map<string, WantedService>();
  for (const virtual of configuration.virtualServers) {
    for (const service of servicesOf(virtual, configuration, notice)) {
      const key = serviceKey(service.id);
      const twin = services.get(key);
      services.set(key, twin === undefined ? service : joined(twin, service, notice));
    }
  }
  return [...services.values()];
}

/** Returns the services as a director has them: it refuses real servers whose thresholds cross. */
export function withoutRefused(
  services: readonly WantedService[],
  notice: Notice,
): readonly WantedService[] {
  const isTaken = (server: WantedServer): boolean => {
    const { lowerThreshold, upperThreshold } = server.config;
    if (lowerThreshold <= upperThreshold) return true;
    const reason = `lthreshold ${lowerThreshold} is above uthreshold ${upperThreshold}, which a director refuses`;
    notice({
      at: server.at!,
      text: textOf(server),
      what: "left out",
      reason,
      rule: "threshold-order",
    });
    return false;
  };
  return services.map((service) => ({ ...service, servers: service.servers.filter(isTaken) }));
}

/** Adds the servers of a service to those of one that exists already, as the kernel then does. */
function joined(first: WantedService, second: WantedService, notice: Notice): WantedService {
  notice({
    at: second.at!,
    text: textOf(second),
    what: "changed",
    reason: `the service exists (${first.place}) and keeps its settings; real servers are added to it`,
    rule: "duplicate-service",
  });
  const known = new Set(first.servers.map(({ id }) => serverKey(id)));
  const added = second.servers.filter((server) => {
    if (!known.has(serverKey(server.id))) return true;
    notice({
      at: server.at!,
      text: textOf(server),
      what: "left out",
      reason: "the service has that real server",
      rule: "duplicate-server",
    });
    return false;
  });
  return { ...first, servers: [...first.servers, ...added] };
}

function servicesOf(
  virtual: VirtualServer,
  configuration: Configuration,
  notice: Notice,
): readonly WantedService[] {
  const leaveOut: LeaveOut = (part, reason, rule) =>
    notice({ at: part.at, text: part.text, what: "left out", reason, rule });
  const family = familyOf(virtual, configuration);
  const servers = distinct(ofFamily(virtual, family, leaveOut), configuration, leaveOut);
  if (servers.length === 0) {
    leaveOut(virtual, "it has no real servers, and keepalived ignores it", "no-servers");
    return [];
  }
  const made = madeBy(virtual, family, configuration, leaveOut);
  const config = configOf(virtual, family, made, notice);
  const pool = poolOf(virtual, servers, leaveOut);
  return made.map(({ id, from }) => ({
    id,
    config,
    place: placeOf(virtual, configuration),
    at: from.at,
    settings: virtual.settings,
    servers: pool.map((server) => wantedServer(server, id, virtual, configuration, notice)),
  }));
}

/** Returns the statement of a place as `placeOf` writes it. */
function textOf({ place }: { readonly place: string }): string {
  return place.slice(place.indexOf('"') + 1, -1);
}

function placeOf({ at, text }: Placed, { path }: Configuration): string {
  const line = at.path === path ? `line ${at.line}` : `line ${at.line} of ${at.path}`;
  return `${line}, "${text}"`;
}

/** Returns the family of a virtual server that may have none of its own. */
function familyOf(virtual: VirtualServer, { groups }: Configuration): Family {
  const { target, servers, sorry, family } = virtual;
  if (target.kind === "addresses") return target.addresses[0]!.family;
  if (target.kind === "fwmark" && target.family !== undefined) return target.family;
  if (family !== undefined) return family;
  if (target.kind === "group") {
    const group = groups.find(({ name }) => name === target.name);
    for (const { target: member } of group?.members ?? []) {
      if (member.kind === "addresses") return member.addresses[0]!.family;
    }
  }
  const all = sorry === undefined ? servers : [...servers, sorry];
  const bound = all.find((server) => methodOf(server, virtual).method !== "tunnel");
  if (bound !== undefined) return bound.address.family;
  const families = new Set(all.map(({ address }) => address.family));
  return families.size === 1 ? [...families][0]! : 4;
}

function methodOf(server: RealServer, virtual: VirtualServer) {
  return server.method ?? virtual.method ?? DEFAULT_METHOD;
}

type LeaveOut = (part: Placed, reason: string, rule?: Parameters<Notice>[0]["rule"]) => void;

/** Returns the real servers the virtual server can have, with their methods. */
function ofFamily(virtual: VirtualServer, family: Family, leaveOut: LeaveOut): readonly Server[] {
  const servers = virtual.servers.map((server) => ({
    ...server,
    method: methodOf(server, virtual),
  }));
  return servers.filter((server) => {
    if (server.method.method === "tunnel" || server.address.family === family) return true;
    leaveOut(server, `only a tunnel leads from IPv${family} to another family`, "other-family");
    return false;
  });
}

function distinct(
  servers: readonly Server[],
  configuration: Configuration,
  leaveOut: LeaveOut,
): readonly Server[] {
  const seen = new Map<string, Server>();
  for (const server of servers) {
    const twin = seen.get(serverKey(server));
    if (twin === undefined) seen.set(serverKey(server), server);
    else
      leaveOut(
        server,
        `the real server is there already, ${placeOf(twin, configuration)}`,
        "duplicate-server",
      );
  }
  return [...seen.values()];
}

/** Returns the identities of the services a virtual server stands for. */
function madeBy(
  virtual: VirtualServer,
  family: Family,
  { groups }: Configuration,
  leaveOut: LeaveOut,
): readonly Made[] {
  const { target } = virtual;
  const protocol = virtual.protocol ?? UDP;
  const mark = (fwmark: number, own: Family): ServiceId => ({
    family: own,
    protocol: 0,
    address: UNSPECIFIED[own],
    port: 0,
    fwmark,
  });
  if (target.kind === "fwmark") return [{ id: mark(target.fwmark, family), from: virtual }];
  if (target.kind === "addresses") {
    const address = target.addresses[0]!;
    return [{ id: { family, protocol, address, port: target.port, fwmark: 0 }, from: virtual }];
  }
  const group = groups.find(({ name }) => name === target.name);
  if (group === undefined) {
    leaveOut(virtual, `there is no virtual_server_group ${target.name}`);
    return [];
  }
  return group.members.flatMap(({ target: member, ...from }): readonly Made[] => {
    if (member.kind === "fwmark") {
      return [{ id: mark(member.fwmark, member.family ?? family), from }];
    }
    return member.addresses.map((address) => ({
      id: { family: address.family, protocol, address, port: member.port, fwmark: 0 },
      from,
    }));
  });
}

/** Returns the settings all services of a virtual server have. */
function configOf(
  virtual: VirtualServer,
  family: Family,
  made: readonly Made[],
  notice: Notice,
): ServiceConfig {
  const { at, text, settings, granularity } = virtual;
  const addressed = made.filter(({ id }) => id.fwmark === 0);
  const change = (reason: string, rule: "default-protocol" | "zero-port"): void =>
    notice({ at, text, what: "changed", reason, rule });
  if (addressed.length > 0 && virtual.protocol === undefined) {
    change("no protocol is set, and keepalived takes UDP", "default-protocol");
  }
  let { persistence, flags } = virtual;
  if (granularity !== undefined && persistence === 0) persistence = DEFAULT_PERSISTENCE;
  if (persistence === 0 && addressed.some(({ id }) => id.port === 0)) {
    persistence = DEFAULT_PERSISTENCE;
    change(`port 0 needs persistence: it is set to ${persistence} s`, "zero-port");
  }
  if ((flags & SERVICE_FLAG.onePacket) !== 0 && addressed.some(({ id }) => id.protocol !== UDP)) {
    flags &= ~SERVICE_FLAG.onePacket;
    notice({
      at: settings.ops ?? at,
      text: "ops",
      what: "left out",
      reason: "one-packet scheduling is for UDP only",
      rule: "ops-protocol",
    });
  }
  if (virtual.engine !== undefined && persistence === 0) {
    notice({
      at: settings.persistence_engine ?? at,
      text: `persistence_engine ${virtual.engine}`,
      what: "left out",
      reason: "without persistence_timeout there is nothing it could work on",
      rule: "persistence-engine",
    });
  }
  return {
    scheduler: virtual.scheduler ?? "wlc",
    flags: flags | (persistence > 0 ? SERVICE_FLAG.persistent : 0),
    timeout: persistence,
    netmask: granularity ?? SINGLE_CLIENT[family],
    persistenceEngine: persistence > 0 ? virtual.engine : undefined,
  };
}

/** Returns who is in the pool while all are healthy: the real servers, or the sorry server. */
function poolOf(
  virtual: VirtualServer,
  servers: readonly Server[],
  leaveOut: LeaveOut,
): readonly Server[] {
  const { sorry, settings } = virtual;
  const total = servers.reduce((sum, { weight }) => sum + weight, 0);
  const quorum = Math.min(virtual.quorum, total);
  const hysteresis = Math.min(virtual.hysteresis, quorum - 1);
  const reached = total > 0 && total >= quorum + hysteresis;
  if (settings.quorum !== undefined && virtual.quorum > total) {
    const reason = `all weights together are ${total}: keepalived takes that for the quorum`;
    const text = `quorum ${virtual.quorum}`;
    leaveOut({ at: settings.quorum, text }, reason, "quorum");
  }
  if (sorry === undefined) return servers;
  const last = { ...sorry, method: methodOf(sorry, virtual) };
  if (!reached) {
    const reason = "the quorum is not reached even by all of them: there is only the sorry server";
    for (const server of servers) leaveOut(server, reason, "quorum");
    return [last];
  }
  if (sorry.inhibits) return [...servers, { ...last, weight: 0 }];
  leaveOut(sorry, "it serves only while the quorum is not reached");
  return servers;
}

function wantedServer(
  server: Server,
  id: ServiceId,
  virtual: VirtualServer,
  configuration: Configuration,
  notice: Notice,
): WantedServer {
  const { address, weight, upperThreshold, lowerThreshold, method, at, settings } = server;
  const port = portOf(server, id, virtual);
  if (server.port !== 0 && port !== server.port) {
    const reason = `${method.method === "tunnel" ? "TUN" : "DR"} keeps the port of the packet: the port is ${port}`;
    notice({ at, text: server.text, what: "changed", reason, rule: "other-port" });
  }
  return {
    id: { address, port },
    config: { ...method, weight, upperThreshold, lowerThreshold },
    place: placeOf(server, configuration),
    at,
    settings,
  };
}

/** Returns the port a real server has for a service. */
function portOf(server: Server, id: ServiceId, { target, sorry }: VirtualServer): number {
  if (server.method.method !== "masquerade") return id.fwmark === 0 ? id.port : 0;
  if (id.fwmark !== 0) return server.port;
  const fills = target.kind !== "group" && server.at !== sorry?.at;
  return fills && server.port === 0 ? id.port : server.port;
}
