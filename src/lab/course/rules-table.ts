/**
 * Which part of a table the hosts of a lab can have, and why not the rest.
 *
 * @module
 */
import { commandText } from "../../ipvsadm/format/commands.ts";
import { formatAddress, isLoopback, isMulticast, sameAddress } from "../../net/address.ts";
import { TCP } from "../../net/protocol.ts";
import type { Position } from "../../rules/position.ts";
import type { WantedServer, WantedService } from "../../rules/wanted.ts";
import { TUNNEL_TYPE } from "../../wire/ipvs-objects.ts";

/** Part of a table that a lab does not have, or asks nothing about. */
export interface LeftOut {
  /** Where the file asks for it, for people. */
  readonly place: string;
  /** The same, for programs; absent for a JSON document. */
  readonly at: Position | undefined;
  /** The rule, as ipvsadm takes it. */
  readonly text: string;
  readonly reason: string;
}

/** A service of a lab. */
export interface LabService {
  /** As the file has it, with the real servers that are hosts of the lab. */
  readonly wanted: WantedService;
  /** Port a client turns to, where one is answered; absent where no step asks for the service. */
  readonly port: number | undefined;
}

/** What a lab has of a table. */
export interface LabTable {
  readonly services: readonly LabService[];
  readonly leftOut: readonly LeftOut[];
}

/** Port to turn to where a service takes any. */
const ANY_PORT = 80;
/** Schedulers that choose by address, also what takes no connections, and then give none. */
const HASHING: readonly string[] = ["sh", "dh"];

/** Returns what a lab has of services, in their order. */
export function labTable(all: readonly WantedService[]): LabTable {
  const services: LabService[] = [];
  const leftOut: LeftOut[] = [];
  for (const service of all) {
    const { id, config, place, at } = service;
    const text = commandText({ verb: "add-service", id, config });
    const fault = serviceFault(service);
    if (fault !== undefined) {
      leftOut.push({ place, at, text, reason: fault });
      continue;
    }
    const servers = service.servers.filter((server) => {
      const reason = serverFault(server, all);
      if (reason === undefined) return true;
      const { id: serverId, config: serverConfig } = server;
      const rule = { verb: "add-server", service: id, id: serverId, config: serverConfig } as const;
      leftOut.push({ place: server.place, at: server.at, text: commandText(rule), reason });
      return false;
    });
    const wanted = { ...service, servers };
    const silence = silenceOf(wanted);
    if (silence !== undefined) {
      const reason = `the lab has the rule, but no step asks for the service: ${silence}`;
      leftOut.push({ place, at, text, reason });
    }
    services.push({ wanted, port: silence === undefined ? clientPort(service, all) : undefined });
  }
  return { services, leftOut };
}

/** Returns why no director of a lab has a service. */
function serviceFault({ id }: WantedService): string | undefined {
  if (id.family === 6) return "hosts of a lab made of rules have IPv4 addresses only";
  if (id.fwmark !== 0) return undefined;
  const { family, words } = id.address;
  return isLoopback(family, words) || isMulticast(id.address)
    ? `no client can turn to ${formatAddress(id.address)}`
    : undefined;
}

/** Returns why a real server is no host of a lab. */
function serverFault(
  { id: { address }, config }: WantedServer,
  services: readonly WantedService[],
): string | undefined {
  if (address.family === 6) return "hosts of a lab made of rules have IPv4 addresses only";
  const virtual = services.some(({ id }) => id.fwmark === 0 && sameAddress(id.address, address));
  if (virtual || isLoopback(address.family, address.words)) {
    return "it is the director itself, which answers nothing in a lab";
  }
  if (isMulticast(address) || /\.(0|255)$/.test(formatAddress(address))) {
    return "no host of a lab can have the address: their networks are /24";
  }
  if (config.method === "tunnel" && config.tunnelType !== TUNNEL_TYPE.ipip) {
    return "hosts of a lab unpack IPIP tunnels only";
  }
  return undefined;
}

/** Returns why nobody can ask for a page of a service. */
function silenceOf({ id, config, servers }: WantedService): string | undefined {
  if (id.fwmark !== 0) return "the file does not say which packets get its firewall mark";
  if (id.protocol !== TCP) return "hosts of a lab answer over TCP only";
  const weights = servers.map((server) => server.config.weight);
  if (!weights.some((weight) => weight > 0)) {
    return "none of its real servers in the lab has a weight above 0";
  }
  return HASHING.includes(config.scheduler) && weights.includes(0)
    ? `${config.scheduler} may choose a real server of weight 0 for the client`
    : undefined;
}

/** Returns a port at which a client meets a service, and no other. */
function clientPort({ id }: WantedService, all: readonly WantedService[]): number {
  if (id.port !== 0) return id.port;
  const taken = all
    .filter(
      (other) => other.id.protocol === id.protocol && sameAddress(other.id.address, id.address),
    )
    .map((other) => other.id.port);
  let port = ANY_PORT;
  while (taken.includes(port)) port++;
  return port;
}
