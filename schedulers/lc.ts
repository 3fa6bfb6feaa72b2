/**
 * Least-connection (`lc`).
 *
 * Picks the usable destination with the least overhead; ties go to the first in list order, the
 * newest. Weight counts only as 0 or not.
 *
 * Source: ipvsadm(8), `-s lc`; Linux net/netfilter/ipvs/ip_vs_lc.c.
 *
 * @module
 */
import type { SchedulerModule } from "../src/engine/scheduler.ts";
import { leastScheduler } from "./least.ts";

export const lc: SchedulerModule = leastScheduler("lc", {
  // The kernel weighs signed overheads everywhere but here.
  load: ({ overhead }) => overhead >>> 0,
  divisor: () => 1,
  mayServe: ({ usable }) => usable,
});
