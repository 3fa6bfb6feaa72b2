/**
 * Traffic counters, and the snapshots of them that commands see.
 *
 * @module
 */

/**
 * Counters and rates as commands see them.
 *
 * 64-bit quantities, so `bigint`: they live on control paths only. "Bps" is bytes per second.
 * Source: linux/ip_vs.h `IPVS_STATS_ATTR_*`.
 */
export interface StatsSnapshot {
  readonly conns: bigint;
  readonly inPackets: bigint;
  readonly outPackets: bigint;
  readonly inBytes: bigint;
  readonly outBytes: bigint;
  /** Connections per second. */
  readonly cps: bigint;
  readonly inPps: bigint;
  readonly outPps: bigint;
  readonly inBps: bigint;
  readonly outBps: bigint;
}
