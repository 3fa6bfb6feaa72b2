/**
 * The columns of `--rate`: connections, packets and bytes per second.
 *
 * @module
 */
import type { StatsSnapshot } from "../../wire/ipvs-objects.ts";
import { right } from "./columns.ts";
import { counterText } from "./numbers.ts";

/** Returns the rates of a service. */
export function serviceRates(stats: StatsSnapshot, exact: boolean): string {
  const { cps, inPps, outPps, inBps, outBps } = stats;
  return [cps, inPps, outPps, inBps, outBps].map((value) => counterText(value, exact)).join("");
}

/** Returns the rates of a real server: kept modulo 2^32, and all but the bytes never shortened. */
export function serverRates(stats: StatsSnapshot, exact: boolean): string {
  const whole = [stats.cps, stats.inPps, stats.outPps];
  const shortened = [stats.inBps, stats.outBps];
  return [
    ...whole.map((value) => ` ${right(BigInt.asUintN(32, value), 8)}`),
    ...shortened.map((value) => counterText(BigInt.asUintN(32, value), exact)),
  ].join("");
}
