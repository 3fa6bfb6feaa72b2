/**
 * Weighted least-connection (`wlc`), the default scheduler.
 *
 * Picks the usable destination with the least overhead per weight; ties go to the first in list
 * order, the newest. Weight 0 quiesces: connections stay, no new ones come.
 *
 * Source: ipvsadm(8), `-s wlc`; Linux net/netfilter/ipvs/ip_vs_wlc.c.
 *
 * @module
 */
import type { SchedulerModule } from "../src/engine/scheduler.ts";
import { leastScheduler } from "./least.ts";
import { OVERHEAD } from "./overhead.ts";

export const wlc: SchedulerModule = leastScheduler("wlc", OVERHEAD);
