/**
 * The load wlc, lblc and lblcr compare: overhead per weight.
 *
 * Source: ipvsadm(8), `-s wlc` and `-s lblc`; Linux net/netfilter/ipvs/ip_vs_wlc.c, ip_vs_lblc.c.
 *
 * @module
 */
import type { LoadRule } from "./least-of-list.ts";

/** Overhead, a signed 32-bit number, per weight. */
export const OVERHEAD: LoadRule = {
  load: ({ overhead }) => overhead | 0,
  divisor: ({ weight }) => weight,
  mayServe: ({ usable }) => usable,
};
