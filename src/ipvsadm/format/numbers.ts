/**
 * Counters and rates in nine columns.
 *
 * @module
 */
import { right } from "./columns.ts";

const WIDTH = 9;
/** Below this a number is shown as it is. */
const PLAIN_LIMIT = 10n ** 8n;

/** Bounds below which a number is divided by `unit`, rounded down, and marked with `suffix`. */
const SCALES = [
  { limit: 10n ** 9n, unit: 10n ** 3n, suffix: "K" },
  { limit: 10n ** 11n, unit: 10n ** 6n, suffix: "M" },
  { limit: 10n ** 14n, unit: 10n ** 9n, suffix: "G" },
] as const;

const LARGEST = { unit: 10n ** 12n, suffix: "T" } as const;

/**
 * Returns a number with what separates it from the column before.
 *
 * Shortened to nine characters, the first of them a blank unless the number needs it; or whole,
 * growing beyond them, if `exact`.
 */
export function counterText(value: bigint, exact: boolean): string {
  if (value < PLAIN_LIMIT) return right(value, WIDTH);
  if (exact) return ` ${value}`;
  const { unit, suffix } = SCALES.find((scale) => value < scale.limit) ?? LARGEST;
  return right(value / unit, WIDTH - 1) + suffix;
}
