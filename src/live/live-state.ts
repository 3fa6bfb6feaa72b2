/**
 * What a director or the kernel does now, as plain data that goes into JSON as it is.
 *
 * Numbers are doubles: counters are exact to 2^53. Addresses are numeric text without brackets.
 *
 * @module
 */
import type { Seconds } from "../base/clock.ts";
import type { Family } from "../net/address.ts";
import type { ForwardingMethod } from "../wire/ipvs-objects.ts";

/** Since the last time counters were zeroed. */
export interface Counters {
  readonly connections: number;
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

/** Per second, as the estimator of the director has them: those of `ipvsadm --rate`. */
export type Rates = Counters;

/** What passes through a service, a real server, or all of them. */
export interface Traffic {
  readonly counters: Counters;
  readonly rates: Rates;
}

/** A real server of a service. */
export interface LiveServer extends Traffic {
  /** `ADDRESS:PORT`, brackets around an IPv6 address. */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly method: ForwardingMethod;
  /** `ipip`, `gre` or `gue`, the number of another type; `null` where the method is no tunnel. */
  readonly tunnel: string | null;
  readonly weight: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  readonly active: number;
  readonly inactive: number;
  readonly persistent: number;
  /** Whether it has reached its upper threshold and is not yet below the lower one. */
  readonly overloaded: boolean;
}

/** A virtual service. */
export interface LiveService extends Traffic {
  /** `tcp ADDRESS:PORT`, `fwmark 7`, or `fwmark 7 ipv6`. */
  readonly key: string;
  readonly family: Family;
  /** `tcp`, `udp`, `sctp`; `null` for a service by firewall mark, as address and port. */
  readonly protocol: string | null;
  readonly address: string | null;
  readonly port: number | null;
  readonly fwmark: number | null;
  readonly scheduler: string;
  readonly schedulerFlags: readonly string[];
  readonly onePacket: boolean;
  /** Timeout of its templates; `null` where it is not persistent. */
  readonly persistence: Seconds | null;
  /** In list order. */
  readonly servers: readonly LiveServer[];
}

/** Everything at one moment. */
export interface LiveState {
  readonly totals: Traffic;
  /** In the backend's own order. */
  readonly services: readonly LiveService[];
}
