/**
 * The director that serves, and the one that takes over from it.
 *
 * Without synchronisation the second begins when it takes over, and knows of nobody. With it, it stands by as
 * a backup in the first one's group from the beginning on, is told of connections as a kernel would be, and
 * has their entries when it takes over; what the first had not sent yet is lost. A third then stands by.
 *
 * @module
 */
import { StaticHost } from "../../dataplane/static-host.ts";
import type { Host, MulticastEnd, MulticastSender } from "../engine/host.ts";
import type { Address } from "../net/address.ts";
import { type Member, Pool, virtualAddressOf } from "./pool.ts";
import type { ServerSpec, Workload } from "./workload.ts";

const SYNC_LINK = "sync";
const ETHERNET_MTU = 1500;
const DAEMON = { interfaceName: SYNC_LINK, syncId: 1 } as const;

/** The hosts of a pair: what one of them sends to the group, the one that has joined it has at once. */
class SyncGroup {
  #take: ((datagram: Uint8Array) => void) | undefined;

  /** Returns a host with an address and a link to the group. */
  host(address: Address): Host {
    const interfaces = new Map([[SYNC_LINK, { up: true, mtu: ETHERNET_MTU }]]);
    return Object.assign(new StaticHost({ addresses: [address], interfaces }), {
      openMulticastSender: (): MulticastSender => ({
        send: (datagram) => {
          this.#take?.(datagram);
          return "sent";
        },
        close: () => {},
      }),
      openMulticastReceiver: (_: MulticastEnd, take: (datagram: Uint8Array) => void) => {
        this.#take = take;
        return {
          close: () => {
            this.#take = undefined;
          },
        };
      },
    });
  }
}

/** The directors of a run. Changes of the servers reach both. */
export class DirectorPair {
  readonly #workload: Workload;
  readonly #scheduler: string;
  readonly #group = new SyncGroup();
  #active: Pool;
  #standby: Pool | undefined;

  constructor(workload: Workload, scheduler: string, members: readonly Member[]) {
    this.#workload = workload;
    this.#scheduler = scheduler;
    this.#active = this.#begin(members, 0);
    if (workload.synchronised) this.#synchronise(members, 0);
  }

  /** Who serves. */
  get active(): Pool {
    return this.#active;
  }

  /** Lets virtual time pass until `now`, in seconds. */
  advance(now: number): void {
    this.#active.advance(now);
    this.#standby?.advance(now);
  }

  add(spec: ServerSpec, weight: number): void {
    this.#active.add(spec, weight);
    this.#standby?.add(spec, weight);
  }

  reweight(server: number, weight: number): void {
    this.#active.reweight(server, weight);
    this.#standby?.reweight(server, weight);
  }

  remove(server: number): void {
    this.#active.remove(server);
    this.#standby?.remove(server);
  }

  /** Ends the director that serves, and has the other take over. */
  failOver(now: number): void {
    const { members } = this.#active;
    if (this.#standby === undefined) {
      this.#active = this.#begin(members, now);
      return;
    }
    this.#active.director.close();
    this.#active = this.#standby;
    this.#active.director.stopDaemon("backup");
    this.#synchronise(members, now);
  }

  #begin(members: readonly Member[], now: number): Pool {
    const host = this.#group.host(virtualAddressOf(this.#workload));
    return new Pool(this.#workload, this.#scheduler, members, { now, host });
  }

  /** Has a new director stand by, and the one that serves tell it of its connections. */
  #synchronise(members: readonly Member[], now: number): void {
    this.#standby = this.#begin(members, now);
    this.#standby.director.startDaemon({ ...DAEMON, role: "backup" });
    this.#active.director.startDaemon({ ...DAEMON, role: "master" });
  }
}
