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
import type { Destination } from "../engine/destination.ts";
import { Director } from "../engine/director.ts";
import type { Host } from "../engine/host.ts";
import { destinationConfig, serviceConfig } from "../engine/shorthand.ts";
import { VERDICT } from "../engine/verdict.ts";
import {
  type Address,
  type Family,
  ipv4Address,
  parseAddress,
  UNSPECIFIED,
} from "../net/address.ts";
import { formatEndpoint } from "../net/endpoint.ts";
import { TCP, UDP } from "../net/protocol.ts";
import {
  type DestinationId,
  SERVICE_FLAG,
  type ServiceConfig,
  type ServiceId,
} from "../wire/ipvs-objects.ts";
import { ClientPackets, TCP_FLAG } from "./client-packets.ts";
import type { ServerSpec, Workload } from "./workload.ts";

/** Unless told otherwise, 10.0.0.1 is the virtual address, 10.1.0.0 server 0, and so on. */
const VIRTUAL_ADDRESS = ipv4Address(0x0a000001);
const FIRST_SERVER = 0x0a010000;
/** Where clients connect to that of a service with every port, or of a mark. */
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

/** What a pool may be told. */
export interface PoolOptions {
  /** Time of its beginning, in seconds. */
  readonly now?: number;
  /** The host the director is on; a plain one unless given. */
  readonly host?: Host;
}

/** One director, and its servers in the order they were added. */
export class Pool {
  readonly director: Director;
  readonly #clock: ManualClock;
  readonly #service: ServiceId;
  readonly #tcp: boolean;
  readonly #packets: ClientPackets;
  readonly #tick: number;
  readonly #members = new Map<number, Member>();
  /** Numbers of servers by their endpoint, and by what the engine has for them. */
  readonly #numbers = new Map<string, number>();
  readonly #known = new Map<Destination, number>();
  #nextTick = 0;

  constructor(
    workload: Workload,
    scheduler: string,
    members: Iterable<Member>,
    { now = 0, host }: PoolOptions = {},
  ) {
    const protocol = workload.protocol === "tcp" ? TCP : UDP;
    const { port = PORT, fwmark = 0 } = workload.service ?? {};
    const address = virtualAddressOf(workload);
    const { family } = address;
    this.#clock = new ManualClock(now * 1000);
    this.director = new Director({
      schedulers: new Map([...schedulers, ["mh", maglevHashing(workload.mhTable)]]),
      clock: this.#clock,
      host: host ?? new StaticHost({ addresses: [address] }),
      random: new SeededRandom(workload.seed),
    });
    this.#tick = 1 / this.director.profile.ticksPerSecond;
    this.#service =
      fwmark === 0
        ? { family, protocol, address, port, fwmark }
        : { family, protocol: 0, address: UNSPECIFIED[family], port: 0, fwmark };
    this.#tcp = protocol === TCP;
    this.#packets = new ClientPackets(protocol, address, port === 0 ? PORT : port, fwmark);
    const { variables } = workload;
    for (const [name, value] of Object.entries(variables)) this.director.setSysctl(name, value);
    this.director.addService(this.#service, configOf(workload, scheduler, family));
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
    const id = serverId(spec);
    this.director.addDestination(this.#service, id, this.#configOf(spec, weight));
    this.#numbers.set(formatEndpoint(id), spec.number);
    this.#members.set(spec.number, { spec, weight });
  }

  reweight(server: number, weight: number): void {
    const { spec } = this.#members.get(server)!;
    this.director.editDestination(this.#service, serverId(spec), this.#configOf(spec, weight));
    this.#members.set(server, { spec, weight });
  }

  remove(server: number): void {
    this.director.deleteDestination(this.#service, serverId(this.#members.get(server)!.spec));
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
    if (this.#tcp) this.#send(address, port, TCP_FLAG.fin);
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
    // What a local server gets is accepted.
    const { destination } = decision;
    if (verdict === VERDICT.drop || destination === undefined) return NOBODY;
    return this.#known.get(destination) ?? this.#recognize(destination);
  }

  #recognize(destination: Destination): number {
    const number = this.#numbers.get(formatEndpoint(destination))!;
    this.#known.set(destination, number);
    return number;
  }

  /** A server of another family can only be reached through a tunnel. */
  #configOf(spec: ServerSpec, weight: number) {
    const { upperThreshold, lowerThreshold } = spec;
    const method =
      serverId(spec).address.family === this.#service.family ? "direct-route" : "tunnel";
    return destinationConfig({ method, weight, upperThreshold, lowerThreshold });
  }
}

function configOf(
  { persistence, flags }: Workload,
  scheduler: string,
  family: Family,
): ServiceConfig {
  const { timeout, netmask } = persistence ?? {};
  return serviceConfig({
    scheduler,
    family,
    flags: flags.reduce((sum, flag) => sum | FLAGS[flag], 0),
    persistent: persistence !== undefined,
    ...(timeout !== undefined && { timeout }),
    ...(netmask !== undefined && { netmask: family === 4 ? prefixMask(netmask) : netmask }),
  });
}

/** Returns the virtual address of a workload. */
export function virtualAddressOf({ service }: Workload): Address {
  return service?.address === undefined ? VIRTUAL_ADDRESS : parseAddress(service.address);
}

/** Returns where a server of a workload is. */
export function serverId({ number, address, port = PORT }: ServerSpec): DestinationId {
  return {
    address: address === undefined ? ipv4Address(FIRST_SERVER + number) : parseAddress(address),
    port,
  };
}

/** Returns the mask of an IPv4 prefix as a number. */
function prefixMask(length: number): number {
  return (0xffffffff << (32 - length)) >>> 0;
}
