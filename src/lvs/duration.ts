/**
 * Times as scenarios write them: `300s`, `1h30m`, `0.5s`, `100ms`.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";

const UNITS: Readonly<Record<string, Milliseconds>> = {
  d: 86400000,
  h: 3600000,
  m: 60000,
  s: 1000,
  ms: 1,
};

/** What a time looks like, as a noun phrase. */
export const DURATION = "a time such as 300s, 5m, 1h30m or 100ms";

/** Returns the time a text stands for, or `undefined` when it stands for none. */
export function parseDuration(text: string): Milliseconds | undefined {
  if (!/^(\d+(\.\d+)?(ms|d|h|m|s))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|d|h|m|s)/g)) {
    total += Number(amount) * UNITS[unit!]!;
  }
  return total;
}
