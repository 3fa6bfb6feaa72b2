/**
 * Shortest expected delay (`sed`).
 *
 * Picks the usable destination with the least (active connections + 1) per weight: the load it would
 * have with this connection. Ties go to the first in list order, the newest. Weight is relative speed.
 * Connections of UDP are never active and so go unseen.
 *
 * Source: ipvsadm(8), `-s sed`; Linux net/netfilter/ipvs/ip_vs_sed.c.
 *
 * @module
 */
import type { SchedulerModule } from "../src/engine/scheduler.ts";
import { EXPECTED_DELAY } from "./expected-delay.ts";
import { leastScheduler } from "./least.ts";

export const sed: SchedulerModule = leastScheduler("sed", EXPECTED_DELAY);
