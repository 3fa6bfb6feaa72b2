/**
 * All plain schedulers by name.
 *
 * @module
 */
import { fo, lc, nq, ovf, sed, wlc } from "./compared.ts";
import { dh, mh, sh } from "./hashed.ts";
import { lblc, lblcr } from "./locality.ts";
import type { PlainModule } from "./plain-scheduler.ts";
import { rr, wrr } from "./robins.ts";
import { twos } from "./twos.ts";

export const plainSchedulers: ReadonlyMap<string, PlainModule> = new Map(
  Object.entries({ rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, twos }),
);
