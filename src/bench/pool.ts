/**
 * A director with one service and the servers in it, for a simulation to talk to with packets.
 *
 * Nothing here decides: whom a packet goes to is read from the decision of the real engine, which gets
 * real packets at their virtual time.
 *
 * @module
 */
import { StaticHost } from "../../dataplane/static-host.ts";
import { schedulers } from "../../schedulers/index.ts";
import { maglevHashing } from "../../schedulers/mh.ts";
import { ManualClock } from "../base/clock.ts";
import { SeededRandom } from "../base/random.ts";
import { Director } from "../engine/director.ts";
import { destinationConfig, serviceConfig } from "../engine/shorthand.ts";
import { VERDICT } from "../engine/verdict.ts";
import { ipv4Address } from "../net/address.ts";
import { TCP, UDP } from "../net/protocol.ts";
import { SERVICE_FLAG, type ServiceId } from "../wire/ipvs-objects.ts";
import { ClientPackets, TCP_FLAG } from "./client-packets.ts";
import type { ServerSpec, Workload } from "./workload.ts";

/** 10.0.0.1 is the virtual address, 10.1.0.0 server 0, and so on. */
const VIRTUAL_ADDRESS = 0x0a000001;
const FIRST_SERVER = 0x0a010000;
const PORT = 80;
/** No server: refused, dropped, or left to the host. */
export const NOBODY = -1;

const FLAGS = {
  "flag-1": SERVICE_FLAG.scheduler1,
  "flag-2": SERVICE_FLAG.scheduler2,
  "flag-3": SERVICE_FLAG.scheduler3,
} as const;

/** A server in service, with the weight it has there. */
export interface Member {
  readonly spec: ServerSpec;
  readonly weight: number;
}

/** One director, and its servers in the order they were added. */
export class Pool {
  readonly director: Director;
  readonly #clock: ManualClock;
  readonly #service: ServiceId;
  readonly #packets: ClientPackets;
  readonly #tick: number;
  readonly #members = new Map<number, Member>();
  #nextTick = 0;

  /** @param now time of its beginning, in seconds */
  constructor(workload: Workload, scheduler: string, members: Iterable<Member>, now = 0) {
    const protocol = workload.protocol === "tcp" ? TCP : UDP;
    const address = ipv4Address(VIRTUAL_ADDRESS);
    this.#clock = new ManualClock(now * 1000);
    this.director = new Director({
      schedulers: new Map([...schedulers, ["mh", maglevHashing(workload.mhTable)]]),
      clock: this.#clock,
      host: new StaticHost({ addresses: [address] }),
      random: new SeededRandom(workload.seed),
    });
    this.#tick = 1 / this.director.profile.ticksPerSecond;
    this.#service = { family: 4, protocol, address, port: PORT, fwmark: 0 };
    this.#packets = new ClientPackets(protocol, VIRTUAL_ADDRESS, PORT);
    const { persistence, flags, variables } = workload;
    for (const [name, value] of Object.entries(variables)) this.director.setSysctl(name, value);
    this.director.addService(
      this.#service,
      serviceConfig({
        scheduler,
        flags: flags.reduce((sum, flag) => sum | FLAGS[flag], 0),
        ...(persistence !== undefined && {
          persistent: true,
          timeout: persistence.timeout,
          netmask: (0xffffffff << (32 - persistence.netmask)) >>> 0,
        }),
      }),
    );
    for (const { spec, weight } of members) this.add(spec, weight);
  }

  /** Servers in service, in the order they were added. */
  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  has(server: number): boolean {
    return this.#members.has(server);
  }

  add(spec: ServerSpec, weight: number): void {
    this.director.addDestination(this.#service, idOf(spec), configOf(spec, weight));
    this.#members.set(spec.number, { spec, weight });
  }

  reweight(server: number, weight: number): void {
    const { spec } = this.#members.get(server)!;
    this.director.editDestination(this.#service, idOf(spec), configOf(spec, weight));
    this.#members.set(server, { spec, weight });
  }

  remove(server: number): void {
    this.director.deleteDestination(this.#service, idOf(this.#members.get(server)!.spec));
    this.#members.delete(server);
  }

  /** Lets virtual time pass until `now`, in seconds. */
  advance(now: number): void {
    if (now < this.#nextTick) return;
    this.#clock.advanceTo(now * 1000);
    this.director.advance();
    this.#nextTick = (Math.floor(now / this.#tick) + 1) * this.#tick;
  }

  /** Sends the first packet of a connection and returns the server it goes to, or NOBODY. */
  open(address: number, port: number): number {
    return this.#send(address, port, TCP_FLAG.syn);
  }

  /** Whether the last packet made a connection. */
  get isNew(): boolean {
    return this.director.decision.isNew;
  }

  /** Sends a packet in the middle of a connection and returns the server it goes to, or NOBODY. */
  talk(address: number, port: number): number {
    return this.#send(address, port, TCP_FLAG.ack);
  }

  /** Sends the last packet of a connection; UDP has none. */
  close(address: number, port: number): void {
    if (this.#service.protocol === TCP) this.#send(address, port, TCP_FLAG.fin);
  }

  /** Connections and templates the director has. */
  get entries(): number {
    return this.director.connectionCount;
  }

  /** Persistence templates that lead to servers in service. */
  get templates(): number {
    return this.director
      .destinations(this.#service)
      .reduce((sum, { persistentConnections }) => sum + persistentConnections, 0);
  }

  #send(address: number, port: number, flags: number): number {
    const { decision } = this.director;
    const verdict = this.director.localIn(this.#packets.write(address, port, flags));
    if (verdict !== VERDICT.forward || decision.destination === undefined) return NOBODY;
    return decision.destination.address.words[0]! - FIRST_SERVER;
  }
}

function idOf({ number }: ServerSpec) {
  return { address: ipv4Address(FIRST_SERVER + number), port: PORT };
}

function configOf({ upperThreshold, lowerThreshold }: ServerSpec, weight: number) {
  return destinationConfig({ weight, upperThreshold, lowerThreshold });
}
