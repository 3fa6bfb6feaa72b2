/**
 * A director nobody sends packets to, built like the kernel the runs were recorded on.
 *
 * @module
 */
import { StaticHost } from "../../dataplane/static-host.ts";
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { Director } from "../../src/engine/director.ts";
import type { NetworkInterface } from "../../src/engine/host.ts";

/** That kernel was built without one of the schedulers. */
const RECORDED_SCHEDULERS = new Map([...schedulers].filter(([name]) => name !== "twos"));

/** Returns a director on a host with a loopback interface, more interfaces if told, and no addresses. */
export function idleDirector(interfaces?: ReadonlyMap<string, NetworkInterface>): Director {
  return new Director({
    schedulers: RECORDED_SCHEDULERS,
    clock: new ManualClock(),
    host: new StaticHost(interfaces === undefined ? {} : { interfaces }),
  });
}
