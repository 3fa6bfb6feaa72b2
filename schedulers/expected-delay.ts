/**
 * The load sed and nq compare: the connections a destination would have with one more, per weight.
 *
 * Source: ipvsadm(8), `-s sed`; Linux net/netfilter/ipvs/ip_vs_sed.c.
 *
 * @module
 */
import type { LoadRule } from "./least-of-list.ts";

export const EXPECTED_DELAY: LoadRule = {
  load: ({ activeConnections }) => (activeConnections + 1) | 0,
  divisor: ({ weight }) => weight,
  mayServe: ({ usable }) => usable,
};
