/**
 * Which schedulers a backend has: those it lets a service use.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import type { Backend } from "../control/backend.ts";
import { ipv4Address } from "../net/address.ts";
import { TCP } from "../net/protocol.ts";
import type { ServiceId } from "../wire/ipvs-objects.ts";

/** Every scheduler of Linux. Source: linux, net/netfilter/ipvs/Kconfig. */
export const SCHEDULER_NAMES: readonly string[] = [
  "rr",
  "wrr",
  "lc",
  "wlc",
  "fo",
  "ovf",
  "lblc",
  "lblcr",
  "dh",
  "sh",
  "mh",
  "sed",
  "nq",
  "twos",
];

/** A service nobody else has: 127.0.0.1:1. */
const PROBE: ServiceId = {
  family: 4,
  protocol: TCP,
  address: ipv4Address(0x7f000001),
  port: 1,
  fwmark: 0,
};

/** Returns the names of the schedulers of a backend whose table is empty, and leaves it so. */
export async function knownSchedulers(backend: Backend): Promise<readonly string[]> {
  const known: string[] = [];
  for (const scheduler of SCHEDULER_NAMES) {
    const config = {
      scheduler,
      flags: 0,
      timeout: 0,
      netmask: 0xffffffff,
      persistenceEngine: undefined,
    };
    try {
      await backend.addService(PROBE, config);
    } catch (error) {
      if (error instanceof IpvsError && error.code === "ENOENT") continue;
      throw error;
    }
    await backend.deleteService(PROBE);
    known.push(scheduler);
  }
  return known;
}
