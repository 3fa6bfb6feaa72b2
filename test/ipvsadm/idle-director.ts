/**
 * A director nobody sends packets to, built like the kernel the runs were recorded on.
 *
 * @module
 */
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { Director } from "../../src/engine/director.ts";

/** That kernel was built without one of the schedulers. */
const RECORDED_SCHEDULERS = new Map([...schedulers].filter(([name]) => name !== "twos"));

/** Returns a director on a host with a loopback interface and no routes. */
export function idleDirector(): Director {
  return new Director({
    schedulers: RECORDED_SCHEDULERS,
    clock: new ManualClock(),
    host: {
      route: () => undefined,
      isLocal: (family, words) => family === 4 && words[0]! >>> 24 === 127,
    },
  });
}
