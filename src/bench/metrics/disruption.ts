/**
 * How many clients a change of the servers moves, against how many it must.
 *
 * The same clients ask a director that remembers nothing before and after the change: with its servers in
 * the order and of the weights of that moment. It is what would happen to clients whose connections,
 * templates and director are gone, and the property consistent hashing is chosen for.
 *
 * @module
 */
import type { Clients } from "../clients.ts";
import { type Member, NOBODY, Pool } from "../pool.ts";
import type { Workload } from "../workload.ts";

/** Clients by their number, each with the port it asks from. */
const ASKING_PORT = 40_000;
const ASKING_PORTS = 20_000;

/** Returns whom each of `count` clients is sent to, by a director that has just begun. */
export function mapping(
  workload: Workload,
  scheduler: string,
  members: readonly Member[],
  clients: Clients,
  count: number,
): Int32Array {
  const pool = new Pool(workload, scheduler, members);
  const who = Math.min(workload.clients.count, count);
  return Int32Array.from({ length: count }, (_, at) =>
    pool.open(clients.address(at % who), ASKING_PORT + (Math.floor(at / who) % ASKING_PORTS)),
  );
}

/** Returns the part of clients whose server is another one, 0–1. */
export function moved(before: Readonly<Int32Array>, after: Readonly<Int32Array>): number {
  let count = 0;
  before.forEach((server, at) => {
    if (server !== after[at] && server !== NOBODY) count++;
  });
  return count / before.length;
}

/**
 * Returns the least part of clients that has to move for the servers to have their shares by weight: half
 * the sum of what the shares change by.
 */
export function leastMoved(before: readonly Member[], after: readonly Member[]): number {
  const [old, next] = [sharesOf(before), sharesOf(after)];
  let sum = 0;
  for (const server of new Set([...old.keys(), ...next.keys()])) {
    sum += Math.abs((old.get(server) ?? 0) - (next.get(server) ?? 0));
  }
  return sum / 2;
}

function sharesOf(members: readonly Member[]): Map<number, number> {
  const sum = members.reduce((total, { weight }) => total + weight, 0);
  return new Map(members.map(({ spec, weight }) => [spec.number, sum === 0 ? 0 : weight / sum]));
}
