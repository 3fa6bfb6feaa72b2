/**
 * Reads what a backend does, again and again.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import type { Backend } from "../control/backend.ts";
import { formatAddress } from "../net/address.ts";
import {
  type DestinationStatus,
  SERVICE_FLAG,
  type ServiceStatus,
  type StatsSnapshot,
  TUNNEL_TYPE,
} from "../wire/ipvs-objects.ts";
import { schedulerFlagNames } from "../wire/scheduler-flags.ts";
import { protocolText, serverKey, serviceKey } from "./keys.ts";
import type { LiveServer, LiveService, LiveState, Traffic } from "./live-state.ts";

/** Services whose real servers are asked for at the same time. */
const AT_ONCE = 64;

/** A reader of one backend. It remembers who was overloaded, as no command tells of it. */
export class LiveReader {
  readonly #backend: Backend;
  #overloaded: ReadonlySet<string> = new Set();

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /**
   * Returns services, real servers and totals. They are not all of one moment where there are many.
   *
   * @throws as the methods of `Backend` do
   */
  async read(): Promise<LiveState> {
    const [totals, services] = await Promise.all([
      readTotals(this.#backend),
      this.#backend.services(),
    ]);
    const overloaded = new Set<string>();
    const live: LiveService[] = [];
    for (let at = 0; at < services.length; at += AT_ONCE) {
      const some = services.slice(at, at + AT_ONCE);
      const servers = await Promise.all(some.map(({ id }) => this.#backend.destinations(id)));
      for (const [index, service] of some.entries()) {
        live.push(this.#service(service, servers[index]!, overloaded));
      }
    }
    this.#overloaded = overloaded;
    return { totals, services: live };
  }

  #service(
    { id, config, stats }: ServiceStatus,
    servers: readonly DestinationStatus[],
    overloaded: Set<string>,
  ): LiveService {
    const key = serviceKey(id);
    const byMark = id.fwmark !== 0;
    return {
      key,
      family: id.family,
      protocol: byMark ? null : protocolText(id.protocol),
      address: byMark ? null : formatAddress(id.address),
      port: byMark ? null : id.port,
      fwmark: byMark ? id.fwmark : null,
      scheduler: config.scheduler,
      schedulerFlags: schedulerFlagNames(config.flags, config.scheduler),
      onePacket: (config.flags & SERVICE_FLAG.onePacket) !== 0,
      persistence: (config.flags & SERVICE_FLAG.persistent) === 0 ? null : config.timeout,
      servers: servers.map((server) => this.#server(key, server, overloaded)),
      ...traffic(stats),
    };
  }

  #server(service: string, status: DestinationStatus, overloaded: Set<string>): LiveServer {
    const { id, config } = status;
    const key = serverKey(id);
    const name = `${service} ${key}`;
    const isOverloaded = this.#isOverloaded(name, status);
    if (isOverloaded) overloaded.add(name);
    return {
      key,
      address: formatAddress(id.address),
      port: id.port,
      method: config.method,
      tunnel: config.method === "tunnel" ? tunnelText(config.tunnelType) : null,
      weight: config.weight,
      upperThreshold: config.upperThreshold,
      lowerThreshold: config.lowerThreshold,
      active: status.activeConnections,
      inactive: status.inactiveConnections,
      persistent: status.persistentConnections,
      overloaded: isOverloaded,
      ...traffic(status.stats),
    };
  }

  /** Source: Linux net/netfilter/ipvs/ip_vs_conn.c, what becomes of IP_VS_DEST_F_OVERLOAD. */
  #isOverloaded(name: string, { config, ...status }: DestinationStatus): boolean {
    const { upperThreshold, lowerThreshold } = config;
    const connections = status.activeConnections + status.inactiveConnections;
    if (upperThreshold === 0) return false;
    if (connections >= upperThreshold) return true;
    if (!this.#overloaded.has(name)) return false;
    return lowerThreshold === 0
      ? connections * 4 >= upperThreshold * 3
      : connections >= lowerThreshold;
  }
}

function tunnelText(type: number): string {
  return Object.entries(TUNNEL_TYPE).find(([, number]) => number === type)?.[0] ?? String(type);
}

function traffic(stats: StatsSnapshot): Traffic {
  return {
    counters: {
      connections: Number(stats.conns),
      inPackets: Number(stats.inPackets),
      outPackets: Number(stats.outPackets),
      inBytes: Number(stats.inBytes),
      outBytes: Number(stats.outBytes),
    },
    rates: {
      connections: Number(stats.cps),
      inPackets: Number(stats.inPps),
      outPackets: Number(stats.outPps),
      inBytes: Number(stats.inBps),
      outBytes: Number(stats.outBps),
    },
  };
}

/** Reads the totals, which no command tells of, from the status file `ip_vs_stats`. */
async function readTotals(backend: Backend): Promise<Traffic> {
  let text = "";
  for await (const piece of backend.statusFile("ip_vs_stats")) text += piece;
  const rows = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^[\dA-F]+( +[\dA-F]+){4}$/.test(line));
  const [counters, rates] = rows.map((row) =>
    row.split(/ +/).map((value) => Number.parseInt(value, 16)),
  );
  if (counters === undefined || rates === undefined) {
    throw new IpvsError("EIO", "Cannot read ip_vs_stats: it has no two rows of five numbers");
  }
  return { counters: five(counters), rates: five(rates) };
}

function five(values: readonly number[]): Traffic["counters"] {
  const [connections = 0, inPackets = 0, outPackets = 0, inBytes = 0, outBytes = 0] = values;
  return { connections, inPackets, outPackets, inBytes, outBytes };
}
