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
import { ipv4Address } from "../net/address.ts";
import { TCP } from "../net/protocol.ts";
import { bareService } from "./bare-service.ts";
import { Clients } from "./clients.ts";
import { Stream } from "./stream.ts";
import type { Workload } from "./workload.ts";

const CHOICES = 100_000;
const ROUNDS = 3;
const MINUTE_TICKS = 15_000;

/** Returns the best of some rounds, in ns a choice. Servers have a few connections each. */
export function nsPerChoice(workload: Workload, scheduler: string): number {
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
  const words = Array.from(
    { length: 4096 },
    () => ipv4Address(clients.address(clients.next())).words,
  );
  const request = {
    family: 4 as const,
    protocol: TCP,
    clientAddress: words[0]!,
    clientPort: 40_000,
    destinationAddress: ipv4Address(0x0a000001).words,
  } satisfies ScheduleRequest;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    for (let choice = 0; choice < CHOICES; choice++) {
      request.clientAddress = words[choice & 4095]!;
      bound.schedule(request);
    }
    best = Math.min(best, ((performance.now() - begin) * 1e6) / CHOICES);
  }
  return best;
}
