/**
 * The ticks of a bed's kernel, by which it rounds its timers.
 *
 * @module
 */
import type { Milliseconds, Ticks } from "../base/clock.ts";
import type { Bed } from "./bed.ts";

/** Ticks a second there can be (linux, kernel/Kconfig.hz). */
const RATES = [100, 250, 300, 1000] as const;
/** That of a kernel that does not tell: user-mode Linux. */
const USUAL_RATE = 100;
/** All timers are rounded to parts of so many ticks (linux, kernel/time/timer.c). */
const ROUND = 32768n;

/** The clock a kernel rounds its timers by. */
export interface KernelTicks {
  /** Ticks a second (CONFIG_HZ). */
  readonly perSecond: number;
  /** Returns the tick of a moment of the kernel's clock CLOCK_MONOTONIC, give or take one; modulo 32768 at first. */
  at(moment: Milliseconds): Ticks;
}

/** Tells the moment and the tick twice, some ticks apart. */
const ASK = `tell() { grep -E '^(now at|jiffies:) ' /proc/timer_list | head -n 2; }; tell; sleep 0.2; tell`;
const TOLD = /^now at (\d+) nsecs\njiffies: (\d+)$/gm;

/** Returns the ticks of a kernel; 100 a second, the first at 0, where it does not tell. */
export async function kernelTicks(bed: Bed): Promise<KernelTicks> {
  const { stdout } = await bed.run(["sh", "-c", ASK]);
  const [first, second] = [...stdout.matchAll(TOLD)].map(([, now = "", jiffies = ""]) => ({
    moment: Number(now) / 1e6,
    jiffies: BigInt(jiffies),
  }));
  if (first === undefined || second === undefined) return ticksFrom(0, 0, USUAL_RATE);
  const seconds = (second.moment - first.moment) / 1000;
  const measured = Number(second.jiffies - first.jiffies) / seconds;
  const rate = RATES.reduce((a, b) => (Math.abs(b - measured) < Math.abs(a - measured) ? b : a));
  return ticksFrom(first.moment, Number(first.jiffies % ROUND), rate);
}

function ticksFrom(moment: Milliseconds, tick: Ticks, perSecond: number): KernelTicks {
  return {
    perSecond,
    at: (later) => Math.max(0, tick + Math.floor(((later - moment) * perSecond) / 1000)),
  };
}
