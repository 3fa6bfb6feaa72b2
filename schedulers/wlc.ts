/**
 * Weighted least-connection (`wlc`), the default scheduler.
 *
 * Picks the usable destination with the least overhead per weight; ties go to the first in list
 * order, the newest. Keeps no state. Weight 0 quiesces: connections stay, no new ones come.
 *
 * Source: ipvsadm(8), `-s wlc`; Linux net/netfilter/ipvs/ip_vs_wlc.c.
 *
 * @module
 */
import type { SchedulerModule } from "../src/engine/scheduler.ts";
import { candidatesOf } from "./candidates.ts";
import { leastLoaded, loadFigures, ratingBeside } from "./least-loaded.ts";

export const wlc: SchedulerModule = {
  name: "wlc",
  bind: (service) => {
    const pick = () => leastLoaded(service.destinations);
    return {
      schedule: pick,
      peek: pick,
      explain: () => {
        const choice = pick();
        return {
          choice,
          basis: choice === undefined ? "nobody-usable" : "least-load",
          figures: {},
          candidates: candidatesOf(
            service.destinations,
            choice,
            (candidate) => ratingBeside(choice, candidate),
            loadFigures,
          ),
        };
      },
    };
  },
};
