/**
 * A table in memory that obeys commands and refuses what a director refuses, in its order, while the
 * one it was taken from stays as it is.
 *
 * What only the director knows is not refused here: which network interfaces there are, which addresses
 * are its own or its networks' broadcast addresses, and which timeouts it can keep.
 *
 * Source: linux ip_vs_ctl.c, for the order of the checks.
 *
 * @module
 */
import { schedulers } from "../../schedulers/index.ts";
import { type ErrorCode, IpvsError } from "../base/error.ts";
import type { Backend, StatusFile } from "../control/backend.ts";
import { assertAssignable } from "../engine/assignable-address.ts";
import type { Host } from "../engine/host.ts";
import {
  type DaemonConfig,
  type DaemonRole,
  type DestinationConfig,
  type DestinationId,
  type DestinationStatus,
  type EngineInfo,
  NO_TRAFFIC,
  type ServiceConfig,
  type ServiceId,
  type ServiceStatus,
  type TimeoutConfig,
  TUNNEL_TYPE,
} from "../wire/ipvs-objects.ts";
import type { Change } from "./command.ts";
import { sameServer, sameService, sameTimeouts } from "./effective.ts";
import type { Effect, Sign } from "./format/commands.ts";
import { serverKey, serviceKey } from "./keys.ts";

/** A service with its destinations, in the order they were added. */
export interface RehearsedService {
  readonly id: ServiceId;
  readonly config: ServiceConfig;
  readonly servers: readonly DestinationStatus[];
}

/** Takes notice of what a command has changed; nothing is told of one that changes nothing. */
export type Notice = (effect: Effect) => void | Promise<void>;

interface Entry {
  status: ServiceStatus;
  /** By `serverKey`, the oldest first. */
  readonly servers: Map<string, DestinationStatus>;
}

const UNSET: TimeoutConfig = { tcp: 0, tcpFin: 0, udp: 0 };

/** Knows no network, and so takes every link-local address for the host's own. */
const ANY_HOST: Host = {
  route: () => undefined,
  isLocal: (family, words) => family === 6 && words[0]! >>> 22 === 0xfe80 >>> 6,
};

/** The table; closing it does nothing. */
export class Rehearsal implements Backend {
  readonly #notice: Notice;
  readonly #original: Backend | undefined;
  /** By `serviceKey`. */
  readonly #entries = new Map<string, Entry>();
  readonly #daemons = new Map<DaemonRole, DaemonConfig>();
  /** Names there are: ours, and what the original is seen to use. */
  readonly #schedulers = new Set<string>(["none", ...schedulers.keys()]);
  readonly #engines = new Set<string>(["", "sip"]);
  #timeouts = UNSET;

  /**
   * Makes an empty table, its timeouts unset.
   *
   * @param original answers what a table does not know: information and status files
   */
  constructor(notice: Notice = () => undefined, original?: Backend) {
    this.#notice = notice;
    this.#original = original;
  }

  /**
   * Returns the table of a backend.
   *
   * @throws the backend's error when it cannot be had
   */
  static async of(backend: Backend, notice?: Notice): Promise<Rehearsal> {
    const rehearsal = new Rehearsal(notice, backend);
    for (const status of await backend.services()) {
      const newestFirst = await backend.destinations(status.id);
      const servers = newestFirst.toReversed().map((server) => [serverKey(server.id), server]);
      rehearsal.#entries.set(serviceKey(status.id), {
        status,
        servers: new Map(servers as [string, DestinationStatus][]),
      });
      rehearsal.#schedulers.add(status.config.scheduler);
      rehearsal.#engines.add(status.config.persistenceEngine ?? "");
    }
    for (const daemon of await backend.daemons()) rehearsal.#daemons.set(daemon.role, daemon);
    rehearsal.#timeouts = await backend.timeouts();
    return rehearsal;
  }

  /** Returns an empty table, its timeouts unset, that knows the schedulers and engines of this one. */
  emptied(): Rehearsal {
    const empty = new Rehearsal();
    for (const name of this.#schedulers) empty.#schedulers.add(name);
    for (const name of this.#engines) empty.#engines.add(name);
    return empty;
  }

  /** Services in the order they were added, as far as that is known. */
  *listed(): Generator<RehearsedService> {
    for (const { status, servers } of this.#entries.values()) {
      yield { id: status.id, config: status.config, servers: [...servers.values()] };
    }
  }

  /** Returns a service, or `undefined` when there is none of that identity. */
  find(id: ServiceId): RehearsedService | undefined {
    const entry = this.#entries.get(serviceKey(id));
    if (entry === undefined) return undefined;
    return { id, config: entry.status.config, servers: [...entry.servers.values()] };
  }

  async info(): Promise<EngineInfo> {
    if (this.#original === undefined) throw refused("ENOENT", "A table alone has no engine");
    return this.#original.info();
  }

  async services(): Promise<readonly ServiceStatus[]> {
    return [...this.#entries.values()].map((entry) => entry.status);
  }

  async service(id: ServiceId): Promise<ServiceStatus> {
    return this.#entry(id).status;
  }

  async destinations(id: ServiceId): Promise<readonly DestinationStatus[]> {
    const servers = this.#entries.get(serviceKey(id))?.servers.values() ?? [];
    return [...servers].reverse();
  }

  async addService(id: ServiceId, config: ServiceConfig): Promise<void> {
    if (this.#entries.has(serviceKey(id))) throw refused("EEXIST", "The service exists");
    this.#checkService(id, config);
    const status = { id, config, stats: NO_TRAFFIC };
    this.#entries.set(serviceKey(id), { status, servers: new Map() });
    await this.#tell("+", { verb: "add-service", id, config });
  }

  async editService(id: ServiceId, config: ServiceConfig): Promise<void> {
    const entry = this.#entry(id);
    this.#checkService(id, config);
    const before = entry.status.config;
    entry.status = { ...entry.status, config };
    if (sameService(before, config, id.family)) return;
    await this.#tell("~", { verb: "edit-service", id, config });
  }

  async deleteService(id: ServiceId): Promise<void> {
    this.#entry(id);
    this.#entries.delete(serviceKey(id));
    await this.#tell("-", { verb: "delete-service", id });
  }

  async flush(): Promise<void> {
    for (const { status } of [...this.#entries.values()]) await this.deleteService(status.id);
  }

  async zero(id?: ServiceId): Promise<void> {
    if (id !== undefined) this.#entry(id);
    await this.#tell("~", id === undefined ? { verb: "zero" } : { verb: "zero", id });
  }

  async addDestination(
    service: ServiceId,
    id: DestinationId,
    config: DestinationConfig,
  ): Promise<void> {
    const { servers } = this.#entry(service);
    this.#checkServer(service, id, config);
    if (servers.has(serverKey(id))) throw refused("EEXIST", "The service has that real server");
    assertAssignable(id.address, ANY_HOST);
    servers.set(serverKey(id), {
      id,
      config,
      activeConnections: 0,
      inactiveConnections: 0,
      persistentConnections: 0,
      stats: NO_TRAFFIC,
    });
    await this.#tell("+", { verb: "add-server", service, id, config });
  }

  async editDestination(
    service: ServiceId,
    id: DestinationId,
    config: DestinationConfig,
  ): Promise<void> {
    const { servers } = this.#entry(service);
    this.#checkServer(service, id, config);
    const before = servers.get(serverKey(id));
    if (before === undefined) throw refused("ENOENT", "The service has no such real server");
    servers.set(serverKey(id), { ...before, config });
    if (sameServer(before.config, config)) return;
    await this.#tell("~", { verb: "edit-server", service, id, config });
  }

  async deleteDestination(service: ServiceId, id: DestinationId): Promise<void> {
    const { servers } = this.#entry(service);
    if (!servers.delete(serverKey(id))) {
      throw refused("ENOENT", "The service has no such real server");
    }
    await this.#tell("-", { verb: "delete-server", service, id });
  }

  async timeouts(): Promise<TimeoutConfig> {
    return this.#timeouts;
  }

  async setTimeouts({ tcp, tcpFin, udp }: TimeoutConfig): Promise<void> {
    const before = this.#timeouts;
    const timeouts = {
      tcp: tcp || before.tcp,
      tcpFin: tcpFin || before.tcpFin,
      udp: udp || before.udp,
    };
    this.#timeouts = timeouts;
    if (sameTimeouts(before, timeouts)) return;
    await this.#tell("~", { verb: "set", timeouts });
  }

  async daemons(): Promise<readonly DaemonConfig[]> {
    return [...this.#daemons.values()];
  }

  async startDaemon(config: DaemonConfig): Promise<void> {
    const mixed = [...this.#entries.values()].some(({ status, servers }) =>
      [...servers.values()].some(({ id }) => id.address.family !== status.id.family),
    );
    if (mixed) throw refused("EINVAL", "Tunnels between families are not synchronised");
    if (this.#daemons.has(config.role)) throw refused("EEXIST", `A ${config.role} daemon runs`);
    this.#daemons.set(config.role, config);
    await this.#tell("+", { verb: "start-daemon", config });
  }

  async stopDaemon(role: DaemonRole): Promise<void> {
    if (!this.#daemons.delete(role)) throw refused("ESRCH", `No ${role} daemon runs`);
    await this.#tell("-", { verb: "stop-daemon", role });
  }

  statusFile(name: StatusFile): AsyncIterable<string> {
    if (this.#original === undefined) throw refused("ENOENT", "A table alone has no status");
    return this.#original.statusFile(name);
  }

  async close(): Promise<void> {}

  async #tell(sign: Sign, change: Change): Promise<void> {
    await this.#notice({ sign, change });
  }

  #entry(id: ServiceId): Entry {
    const entry = this.#entries.get(serviceKey(id));
    if (entry === undefined) throw refused("ESRCH", "There is no such service");
    return entry;
  }

  #checkService({ family }: ServiceId, config: ServiceConfig): void {
    const { scheduler, persistenceEngine = "", netmask } = config;
    if (!this.#schedulers.has(scheduler)) {
      throw refused("ENOENT", `Unknown scheduler "${scheduler}"`);
    }
    if (!this.#engines.has(persistenceEngine)) {
      throw refused("ENOENT", `Unknown persistence engine "${persistenceEngine}"`);
    }
    if (family === 6 && !(netmask >= 1 && netmask <= 128)) {
      throw refused("EINVAL", `Prefix length ${netmask} must be 1–128`);
    }
  }

  #checkServer(service: ServiceId, id: DestinationId, config: DestinationConfig): void {
    const { method, upperThreshold, lowerThreshold, tunnelType, tunnelPort } = config;
    if (id.address.family !== service.family) {
      if (method !== "tunnel") throw refused("EINVAL", "Only tunnels may change the family");
      if (this.#daemons.size > 0) {
        throw refused("EINVAL", "Tunnels between families are not synchronised");
      }
    }
    if (lowerThreshold > upperThreshold) {
      throw refused("ERANGE", `Lower threshold ${lowerThreshold} must be 0–${upperThreshold}`);
    }
    if (tunnelType === TUNNEL_TYPE.gue && tunnelPort === 0) {
      throw refused("EINVAL", "A GUE tunnel needs a port, 1–65535");
    }
  }
}

function refused(code: ErrorCode, message: string): IpvsError {
  return new IpvsError(code, message);
}
