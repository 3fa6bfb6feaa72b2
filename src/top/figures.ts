/**
 * Figures in few columns.
 *
 * @module
 */
const PREFIXES = ["", "k", "M", "G", "T"] as const;

/** Returns a number of three digits or so: `0`, `12`, `1.5k`, `23M`. */
export function short(value: number): string {
  let scaled = value;
  let prefix = 0;
  while (scaled >= 999.5 && prefix < PREFIXES.length - 1) {
    scaled /= 1000;
    prefix++;
  }
  const digits = prefix === 0 || scaled >= 99.5 ? 0 : 1;
  return `${scaled.toFixed(digits).replace(/\.0$/, "")}${PREFIXES[prefix]}`;
}
