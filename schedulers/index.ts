/**
 * All schedulers, by the name `ipvsadm -s` takes.
 *
 * @module
 */
import type { SchedulerModule } from "../src/engine/scheduler.ts";
import { dh } from "./dh.ts";
import { fo } from "./fo.ts";
import { lblc } from "./lblc.ts";
import { lblcr } from "./lblcr.ts";
import { lc } from "./lc.ts";
import { mh } from "./mh.ts";
import { nq } from "./nq.ts";
import { ovf } from "./ovf.ts";
import { rr } from "./rr.ts";
import { sed } from "./sed.ts";
import { sh } from "./sh.ts";
import { twos } from "./twos.ts";
import { wlc } from "./wlc.ts";
import { wrr } from "./wrr.ts";

export { dh, fo, lblc, lblcr, lc, mh, nq, ovf, rr, sed, sh, twos, wlc, wrr };

/** The registry: every scheduler by its name. */
export const schedulers: ReadonlyMap<string, SchedulerModule> = new Map(
  [rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, twos].map((scheduler) => [
    scheduler.name,
    scheduler,
  ]),
);
