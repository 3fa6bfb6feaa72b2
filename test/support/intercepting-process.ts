/**
 * A process that intercepts packets until it is killed: by others, or by itself after so many changes
 * of the host.
 *
 *     node intercepting-process.js STATE_PATH SELECTORS [CHANGES]
 *
 * Prints `ready` when all SELECTORS (JSON, addresses as text) are in force.
 *
 * @module
 */
import { HostDevice } from "../../dataplane/host-device.ts";
import { Interception } from "../../dataplane/interception.ts";
import { RawIpDevice } from "../../dataplane/raw-ip.ts";
import { readSelectors } from "./selectors.ts";

const [statePath = "", selectors = "[]", changes = "Infinity"] = process.argv.slice(2);

let left = Number(changes);
const log = () => {
  if (--left === 0) process.kill(process.pid, "SIGKILL");
};
const output = new RawIpDevice({ route: () => undefined });
const device = HostDevice.open({ name: "uipvs0", output });
const interception = Interception.open({
  deviceFor: (mark) => device.captureDevice(mark),
  statePath,
  log,
});
interception.apply({ add: readSelectors(selectors), remove: [] });
console.log("ready");
setInterval(() => {}, 1000);
