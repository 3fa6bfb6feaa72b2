/**
 * One service of the playground: clients come, the real engine and its schedulers choose.
 *
 * Pure, so that it runs in a browser as it does in a test: same setup, same result.
 *
 * @module
 */
import { StaticHost } from "../../../dataplane/static-host.ts";
import { schedulers } from "../../../schedulers/index.ts";
import { ManualClock } from "../../base/clock.ts";
import { SeededRandom } from "../../base/random.ts";
import { Director } from "../../engine/director.ts";
import { packetOf } from "../../engine/explain/question.ts";
import { destinationConfig, serviceConfig } from "../../engine/shorthand.ts";
import { VERDICT } from "../../engine/verdict.ts";
import { ipv4Address } from "../../net/address.ts";
import { TCP } from "../../net/protocol.ts";
import { Frame, HEADROOM } from "../../wire/frame.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import type { ServiceId } from "../../wire/ipvs-objects.ts";
import * as tcp from "../../wire/tcp.ts";
import * as udp from "../../wire/udp.ts";

/** Schedulers there are to play with. */
export const SCHEDULERS: readonly string[] = [...schedulers.keys()];

/** A server: `id` is 0–255 and stays its own, whoever comes or goes. */
export interface PlayServer {
  readonly id: number;
  /** 0–2147483647. */
  readonly weight: number;
}

/** How long connections last: all as long, or one in ten twenty times as long as the others. */
export type Lengths = "even" | "mixed";

/** What is played. */
export interface PlaySetup {
  readonly scheduler: string;
  /** In the order they were added. */
  readonly servers: readonly PlayServer[];
  readonly lengths: Lengths;
}

/** What came of it. */
export interface PlayResult {
  /** Connections each server got, by its id. */
  readonly got: ReadonlyMap<number, number>;
  /** Connections open on each server in the end, by its id. */
  readonly open: ReadonlyMap<number, number>;
  /** Clients nobody took. */
  readonly refused: number;
  /** Id of the server of each client, or -1. */
  readonly assigned: Int16Array;
}

/** Clients that come, one connection each. */
export const CLIENTS = 2000;

const VIRTUAL = ipv4Address(0x0a000001);
const FIRST_SERVER = 0x0a010000;
const FIRST_CLIENT = 0x0b000000;
const PORT = 80;
const SEED = 1;
/** Clients that come while a usual connection lasts. */
const USUAL_LENGTH = 100;
const LONG_LENGTH = 20 * USUAL_LENGTH;
/** One in so many is long, where lengths are mixed. */
const LONG_ONES = 10;
const MS_BETWEEN = 2;

/** Has the clients come, one after the other, to a director that has just begun. */
export function play({ scheduler, servers, lengths }: PlaySetup): PlayResult {
  const clock = new ManualClock(0);
  const host = new StaticHost({ addresses: [VIRTUAL] });
  const director = new Director({ schedulers, clock, host, random: new SeededRandom(SEED) });
  const service: ServiceId = { family: 4, protocol: TCP, address: VIRTUAL, port: PORT, fwmark: 0 };
  director.addService(service, serviceConfig({ scheduler }));
  for (const { id, weight } of servers) {
    const config = destinationConfig({ method: "masquerade", weight });
    director.addDestination(
      service,
      { address: ipv4Address(FIRST_SERVER + id), port: PORT },
      config,
    );
  }
  const chance = new SeededRandom(SEED + 1);
  const clients = Array.from({ length: CLIENTS }, () => ({
    address: FIRST_CLIENT + chance.below(1 << 24),
    port: 1024 + chance.below(60000),
  }));
  const packet = packetOf({
    protocol: TCP,
    client: { address: VIRTUAL, port: PORT },
    service: { address: VIRTUAL, port: PORT },
  });
  const frame = new Frame(HEADROOM + packet.length);
  const { start } = frame;
  const send = (client: number, flags: number): number => {
    const { address, port } = clients[client]!;
    // A masqueraded packet has another destination. Of checksums only that of the
    // IP header is looked at.
    frame.bytes.set(packet, start);
    frame.start = start;
    frame.end = start + packet.length;
    ipv4.setSrc(frame.view, start, address);
    ipv4.updateHeaderChecksum(frame.view, start);
    udp.setSrcPort(frame.view, start + ipv4.HEADER_LENGTH, port);
    tcp.setFlags(frame.view, start + ipv4.HEADER_LENGTH, flags);
    const verdict = director.localIn(frame);
    const { destination } = director.decision;
    if (verdict !== VERDICT.forward || destination === undefined) return -1;
    return destination.address.words[0]! - FIRST_SERVER;
  };
  const assigned = new Int16Array(CLIENTS).fill(-1);
  const ends: number[][] = [];
  const open = new Map(servers.map(({ id }) => [id, 0]));
  const got = new Map(servers.map(({ id }) => [id, 0]));
  let refused = 0;
  for (let client = 0; client < CLIENTS; client++) {
    clock.advanceTo(client * MS_BETWEEN);
    director.advance();
    for (const ended of ends[client] ?? []) {
      send(ended, tcp.FIN | tcp.ACK);
      add(open, assigned[ended]!, -1);
    }
    const server = send(client, tcp.SYN);
    assigned[client] = server;
    if (server < 0) {
      refused++;
      continue;
    }
    add(got, server, 1);
    add(open, server, 1);
    const isLong = lengths === "mixed" && chance.below(LONG_ONES) === 0;
    const end = client + (isLong ? LONG_LENGTH : USUAL_LENGTH);
    ends[end] ??= [];
    ends[end]!.push(client);
  }
  return { got, open, refused, assigned };
}

function add(counts: Map<number, number>, key: number, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** What a change did to clients, were all of them to come anew. */
export interface Disruption {
  /** Part of the clients that go to another server, 0–1. */
  readonly moved: number;
  /** The least part that has to, for the shares to be by weight. */
  readonly least: number;
}

/** Returns what lies between two results of the same clients. */
export function disruption(
  before: { readonly setup: PlaySetup; readonly result: PlayResult },
  after: { readonly setup: PlaySetup; readonly result: PlayResult },
): Disruption {
  let moved = 0;
  before.result.assigned.forEach((server, client) => {
    if (server >= 0 && server !== after.result.assigned[client]) moved++;
  });
  return { moved: moved / CLIENTS, least: leastMoved(before.setup.servers, after.setup.servers) };
}

/** Half the sum of what the shares by weight change by. */
function leastMoved(before: readonly PlayServer[], after: readonly PlayServer[]): number {
  const [old, next] = [fairShares(before), fairShares(after)];
  let sum = 0;
  for (const id of new Set([...old.keys(), ...next.keys()])) {
    sum += Math.abs((old.get(id) ?? 0) - (next.get(id) ?? 0));
  }
  return sum / 2;
}

/** Returns the part of the connections each server would have by its weight, 0–1, by id. */
export function fairShares(servers: readonly PlayServer[]): ReadonlyMap<number, number> {
  const sum = servers.reduce((total, { weight }) => total + weight, 0);
  return new Map(servers.map(({ id, weight }) => [id, sum === 0 ? 0 : weight / sum]));
}

/**
 * Returns how far a result is from the shares by weight: the fullest server's connections over what it
 * should have, 1 for exactly; NaN where nobody should have any.
 */
export function unevenness(servers: readonly PlayServer[], result: PlayResult): number {
  const taken = CLIENTS - result.refused;
  const fair = fairShares(servers);
  let worst = Number.NaN;
  for (const { id, weight } of servers) {
    if (weight === 0 || taken === 0) continue;
    const ratio = (result.got.get(id) ?? 0) / (taken * (fair.get(id) ?? 0));
    if (!(worst >= ratio)) worst = ratio;
  }
  return worst;
}
