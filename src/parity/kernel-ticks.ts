/**
 * The clock of a bed's kernel, by which it rounds its timers.
 *
 * @module
 */
import type { Milliseconds, Ticks } from "../base/clock.ts";
import type { Bed } from "./bed.ts";

/** Ticks a second of user-mode Linux (CONFIG_HZ). */
export const TICKS_PER_SECOND = 100;
/** All timers are rounded to parts of so many ticks (linux, kernel/time/timer.c). */
const ROUND = 32768n;

/** Tells the tick of a moment, give or take one or two. */
export type TickAt = (moment: Milliseconds) => Ticks;

/**
 * Returns what tells the ticks of moments of `performance.now`, modulo 32768 at first; of one that begins with
 * 0 now where the kernel does not say.
 */
export async function kernelTicks(bed: Bed): Promise<TickAt> {
  const before = performance.now();
  const { stdout } = await bed.run(["cat", "/proc/timer_list"]);
  const asked = (before + performance.now()) / 2;
  const jiffies = /^jiffies: (\d+)$/m.exec(stdout)?.[1];
  const tick = Number(BigInt(jiffies ?? "0") % ROUND);
  return (moment) => Math.max(0, tick + Math.floor(((moment - asked) * TICKS_PER_SECOND) / 1000));
}
