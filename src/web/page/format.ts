/**
 * Numbers as people read them, with their units.
 *
 * @module
 */
import type { LiveServer, LiveService } from "../../live/live-state.ts";

const PREFIXES = ["", "k", "M", "G", "T"] as const;

/** Returns a number of three digits or so: `0`, `12`, `1.5k`, `23M`. */
export function short(value: number): string {
  let scaled = value;
  let prefix = 0;
  while (Math.abs(scaled) >= 999.5 && prefix < PREFIXES.length - 1) {
    scaled /= 1000;
    prefix++;
  }
  const digits = prefix === 0 || Math.abs(scaled) >= 99.5 ? 0 : 1;
  return `${scaled.toFixed(digits).replace(/\.0$/, "")}${PREFIXES[prefix]}`;
}

/** Returns bytes a second: `0 B/s`, `1.5 kB/s`. */
export function byteRate(value: number): string {
  const text = short(value);
  const [, digits = "0", prefix = ""] = /^(-?[\d.]+)([kMGT]?)$/.exec(text) ?? [];
  return `${digits} ${prefix}B/s`;
}

/** Returns a whole number with its thousands apart: `100,000`. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Returns a part of one: `33 %`. */
export function percent(part: number, digits = 0): string {
  return Number.isFinite(part) ? `${(100 * part).toFixed(digits)} %` : "–";
}

/** Units of time, the largest first: a day, an hour, a minute, a second. */
export type TimeUnits = readonly [day: string, hour: string, minute: string, second: string];

const UNIT_LENGTHS = [86400, 3600, 60, 1] as const;

/** Returns a time in its two largest units: `3 h 12 min`. */
export function duration(seconds: number, units: TimeUnits): string {
  let rest = Math.floor(seconds);
  const parts: string[] = [];
  for (const [index, length] of UNIT_LENGTHS.entries()) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0 || (length === 1 && parts.length === 0)) parts.push(`${count} ${units[index]}`);
  }
  return parts.slice(0, 2).join(" ");
}

/** Returns `192.0.2.1:80`, `[2001:db8::1]:80`, or `FWM 7`. */
export function serviceAddress({ address, port, fwmark, family }: LiveService): string {
  if (address === null) return String(fwmark);
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Returns `TCP`, `UDP`, `SCTP`, or `FWM`. */
export function serviceKind({ protocol, family }: LiveService): string {
  return protocol === null ? (family === 6 ? "FWM6" : "FWM") : protocol.toUpperCase();
}

/** Short names of the forwarding methods, as people call them. */
export const METHOD_NAMES: Readonly<Record<LiveServer["method"], string>> = {
  masquerade: "NAT",
  "direct-route": "DR",
  tunnel: "TUN",
  local: "local",
  bypass: "bypass",
};

/** How a server stands. */
export type Standing = "up" | "draining" | "drained" | "overloaded";

/** Returns how a server stands. */
export function standingOf({ weight, overloaded, active, inactive }: LiveServer): Standing {
  if (weight === 0) return active + inactive > 0 ? "draining" : "drained";
  return overloaded ? "overloaded" : "up";
}
