/**
 * Who obeys commands: an engine of ours or the kernel, behind one interface.
 *
 * @module
 */
import type {
  DaemonConfig,
  DaemonRole,
  DestinationConfig,
  DestinationId,
  DestinationStatus,
  EngineInfo,
  ServiceConfig,
  ServiceId,
  ServiceStatus,
  TimeoutConfig,
} from "../wire/ipvs-objects.ts";

/**
 * Every method rejects with an `IpvsError` when the command is refused, and with the transport's own
 * error (Node's `code` and `syscall`) when nobody could be asked. A refused command changes nothing.
 */
export interface Backend {
  info(): Promise<EngineInfo>;

  /** All services, in the backend's own order. */
  services(): Promise<readonly ServiceStatus[]>;
  /** @throws IpvsError ESRCH when there is no such service */
  service(id: ServiceId): Promise<ServiceStatus>;
  /** Destinations of a service, newest first; empty when there is no such service. */
  destinations(id: ServiceId): Promise<readonly DestinationStatus[]>;

  addService(id: ServiceId, config: ServiceConfig): Promise<void>;
  editService(id: ServiceId, config: ServiceConfig): Promise<void>;
  deleteService(id: ServiceId): Promise<void>;
  /** Deletes every service; connections live on. */
  flush(): Promise<void>;
  /** Sets the counters of one service and its destinations, or of everything, to 0. */
  zero(id?: ServiceId): Promise<void>;

  addDestination(service: ServiceId, id: DestinationId, config: DestinationConfig): Promise<void>;
  editDestination(service: ServiceId, id: DestinationId, config: DestinationConfig): Promise<void>;
  deleteDestination(service: ServiceId, id: DestinationId): Promise<void>;

  timeouts(): Promise<TimeoutConfig>;
  /** A value of 0 keeps what is set. */
  setTimeouts(timeouts: TimeoutConfig): Promise<void>;

  daemons(): Promise<readonly DaemonConfig[]>;
  startDaemon(config: DaemonConfig): Promise<void>;
  stopDaemon(role: DaemonRole): Promise<void>;

  /**
   * Text of a status file of the kernel, such as `ip_vs_conn`, as under /proc/net, in pieces of any
   * length as they come: a long one is never whole in memory.
   *
   * @throws IpvsError ENOENT for a file that does not exist
   */
  statusFile(name: StatusFile): AsyncIterable<string>;

  /** Releases the connection to whoever obeys. */
  close(): Promise<void>;
}

/** Status files below /proc/net. */
export const STATUS_FILES = [
  "ip_vs",
  "ip_vs_app",
  "ip_vs_conn",
  "ip_vs_conn_sync",
  "ip_vs_stats",
  "ip_vs_stats_percpu",
] as const;

/** One of `STATUS_FILES`. */
export type StatusFile = (typeof STATUS_FILES)[number];

/**
 * The same commands answered at once, as an engine in this process does; a refused one throws.
 *
 * Status files are made from it, not by it.
 */
export type Administration = {
  readonly [Name in Exclude<keyof Backend, "close" | "statusFile">]: Backend[Name] extends (
    ...args: infer Arguments
  ) => Promise<infer Result>
    ? (...args: Arguments) => Result
    : never;
};
