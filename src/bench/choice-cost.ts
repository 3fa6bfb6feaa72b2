/**
 * What one choice of a scheduler costs on this machine, packets and tables apart.
 *
 * @module
 */
import { performance } from "node:perf_hooks";
import { schedulers } from "../../schedulers/index.ts";
import { maglevHashing } from "../../schedulers/mh.ts";
import { SeededRandom } from "../base/random.ts";
import type { ScheduleRequest } from "../engine/scheduler.ts";
import type { AddressWords, Family } from "../net/address.ts";
import { TCP } from "../net/protocol.ts";
import { bareService } from "./bare-service.ts";
import { IPV6_CLIENTS } from "./client-packets.ts";
import { Clients } from "./clients.ts";
import { virtualAddressOf } from "./pool.ts";
import { Stream } from "./stream.ts";
import type { Workload } from "./workload.ts";

const CHOICES = 100_000;
const ROUNDS = 3;
const MINUTE_TICKS = 15_000;

/**
 * Returns the best of some rounds, in ns a choice. Servers have a few connections each.
 *
 * @param now a clock, in ms
 */
export function nsPerChoice(
  workload: Workload,
  scheduler: string,
  now: () => number = () => performance.now(),
): number {
  const module = scheduler === "mh" ? maglevHashing(workload.mhTable) : schedulers.get(scheduler)!;
  const bound = module.bind(bareService(workload), {
    random: new SeededRandom(workload.seed),
    ticksPerSecond: 250,
    now: () => 0,
    lblcExpiration: 24 * 60 * MINUTE_TICKS,
    lblcrExpiration: 24 * 60 * MINUTE_TICKS,
    cacheLimit: 16384,
  });
  const clients = new Clients(workload.clients, new Stream(workload.seed, 2));
  const { family, words: virtualAddress } = virtualAddressOf(workload);
  const words = Array.from({ length: 4096 }, () =>
    clientWords(family, clients.address(clients.next())),
  );
  const request = {
    family,
    protocol: TCP,
    clientAddress: words[0]!,
    clientPort: 40_000,
    destinationAddress: virtualAddress,
  } satisfies ScheduleRequest;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = now();
    for (let choice = 0; choice < CHOICES; choice++) {
      request.clientAddress = words[choice & 4095]!;
      bound.schedule(request);
    }
    best = Math.min(best, ((now() - begin) * 1e6) / CHOICES);
  }
  return best;
}

/** Returns the words of a client's address, as in its packets. */
function clientWords(family: Family, address: number): AddressWords {
  return Uint32Array.from(family === 4 ? [address, 0, 0, 0] : [IPV6_CLIENTS, 0, 0, address]);
}
