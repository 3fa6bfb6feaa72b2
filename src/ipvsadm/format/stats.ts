/**
 * The columns of `--stats`: connections, packets and bytes.
 *
 * @module
 */
import type { StatsSnapshot } from "../../wire/ipvs-objects.ts";
import { counterText } from "./numbers.ts";

/** Returns the counters of a service. */
export function serviceStats(stats: StatsSnapshot, exact: boolean): string {
  const { conns, inPackets, outPackets, inBytes, outBytes } = stats;
  return [conns, inPackets, outPackets, inBytes, outBytes]
    .map((value) => counterText(value, exact))
    .join("");
}

/** Returns the counters of a real server, of which all but the bytes are kept modulo 2^32. */
export function serverStats(stats: StatsSnapshot, exact: boolean): string {
  return serviceStats(
    {
      ...stats,
      conns: BigInt.asUintN(32, stats.conns),
      inPackets: BigInt.asUintN(32, stats.inPackets),
      outPackets: BigInt.asUintN(32, stats.outPackets),
    },
    exact,
  );
}
