/**
 * How much memory the host has to spare, as the defences of a director ask.
 *
 * @module
 */
import { readFileSync } from "node:fs";

const PAGE_KIB = 4;

/**
 * Returns the pages that are free or hold buffers, Infinity where the system does not tell.
 *
 * Source: proc(5) /proc/meminfo; linux ip_vs_ctl.c `update_defense_level` for which of its lines count.
 */
export function freePages(): number {
  let text: string;
  try {
    text = readFileSync("/proc/meminfo", "utf8");
  } catch {
    return Number.POSITIVE_INFINITY;
  }
  const kib = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(text)?.[1]);
  const pages = (kib("MemFree") + kib("Buffers")) / PAGE_KIB;
  return Number.isNaN(pages) ? Number.POSITIVE_INFINITY : Math.floor(pages);
}
