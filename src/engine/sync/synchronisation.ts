/**
 * Connection synchronisation of one director: starts and stops its daemons and gives them their work.
 *
 * @module
 */
import type { DaemonConfig, DaemonRole } from "../../wire/ipvs-objects.ts";
import type { ConnectionLifecycle } from "../connection-lifecycle.ts";
import type { EngineState } from "../engine-state.ts";
import type { MulticastEnd } from "../host.ts";
import type { PeriodicJobs } from "../periodic-jobs.ts";
import { SyncBackup } from "./sync-backup.ts";
import { SyncCounters } from "./sync-counters.ts";
import type { SyncDaemon } from "./sync-daemons.ts";
import { SyncMaster } from "./sync-master.ts";
import { SyncQueue } from "./sync-queue.ts";

/** Most ports a daemon uses. Source: linux ip_vs_sync.c `IPVS_SYNC_PORTS_MAX`. */
const MOST_PORTS = 64;
const PORTS = 0x10000;
/** Bits of a syncid that stand in messages. */
const SYNC_ID_MASK = 0xff;

/** Something that ends. */
interface Closable {
  close(): void;
}

/** The synchronisation of one director. */
export class Synchronisation {
  readonly counters = new SyncCounters();
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #jobs: PeriodicJobs;
  readonly #receivers: Closable[] = [];
  /** Ports each daemon uses; fixed while any runs. */
  #ports = 1;

  constructor(state: EngineState, lifecycle: ConnectionLifecycle, jobs: PeriodicJobs) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#jobs = jobs;
  }

  /** @throws IpvsError as `SyncDaemons.start` does, or what the host refuses */
  start(config: DaemonConfig): void {
    const { daemons, sysctls } = this.#state;
    const first = !daemons.any;
    const daemon = daemons.start(config);
    if (first) this.#ports = Math.min(Math.max(sysctls.sync_ports, 1), MOST_PORTS);
    try {
      if (daemon.role === "master") this.#startMaster(daemon);
      else this.#startBackup(daemon);
    } catch (error) {
      daemons.stop(daemon.role);
      throw error;
    }
  }

  /** @throws IpvsError ESRCH when it does not run */
  stop(role: DaemonRole): void {
    this.#state.daemons.stop(role);
    if (role === "master") {
      this.#state.master?.close();
      this.#state.master = undefined;
    } else {
      closeAll(this.#receivers);
    }
  }

  /** Stops whatever runs. */
  close(): void {
    for (const { role } of this.#state.daemons.listed()) this.stop(role);
  }

  #startMaster(daemon: SyncDaemon): void {
    const { host } = this.#state;
    const queues: SyncQueue[] = [];
    try {
      for (const end of this.#ends(daemon)) {
        queues.push(
          new SyncQueue({
            state: this.#state,
            jobs: this.#jobs,
            sender: host.openMulticastSender?.(end),
            counters: this.counters,
            syncId: daemon.syncId & SYNC_ID_MASK,
            maxLength: daemon.maxLength,
          }),
        );
      }
    } catch (error) {
      closeAll(queues);
      throw error;
    }
    this.#state.master = new SyncMaster(this.#state, queues);
  }

  #startBackup(daemon: SyncDaemon): void {
    const { host } = this.#state;
    const backup = new SyncBackup(this.#state, this.#lifecycle, this.counters, daemon.syncId);
    const take = (message: Uint8Array) => {
      // A kernel's buffer holds no more.
      if (message.length > daemon.maxLength) {
        this.counters.receivedMessages++;
        this.counters.refuse("wrong-size");
        return;
      }
      backup.take(message);
    };
    try {
      for (const end of this.#ends(daemon)) {
        const receiver = host.openMulticastReceiver?.(end, take);
        if (receiver !== undefined) this.#receivers.push(receiver);
      }
    } catch (error) {
      closeAll(this.#receivers);
      throw error;
    }
  }

  *#ends({ interfaceName, group, port, ttl }: SyncDaemon): Generator<MulticastEnd> {
    const bufferSize = Math.max(this.#state.sysctls.sync_sock_size, 0);
    for (let index = 0; index < this.#ports; index++) {
      yield { interfaceName, group, port: (port + index) % PORTS, ttl, bufferSize };
    }
  }
}

function closeAll(closables: Closable[]): void {
  for (const closable of closables.splice(0)) closable.close();
}
