/**
 * An engine for the packets of the host it runs on.
 *
 * Packets come by a TUN interface the host is told to route them into, and ICMP errors to the host itself
 * by sockets that hear them. They leave by raw sockets: by koffi's for `tun`, by those of the package
 * raw-socket for `raw`, which has to be on the main thread.
 *
 * @module
 */
import type { Device } from "../../dataplane/device.ts";
import { HostDevice } from "../../dataplane/host-device.ts";
import { HostRoutes } from "../../dataplane/host-routes.ts";
import { IcmpListener } from "../../dataplane/icmp-listener.ts";
import { type CaptureDevice, Interception } from "../../dataplane/interception.ts";
import { RawIpDevice } from "../../dataplane/raw-ip.ts";
import { RawSocketDevice } from "../../dataplane/raw-socket.ts";
import type { Clock } from "../base/clock.ts";
import { assembleEngine, type EngineVoice } from "./assemble-engine.ts";
import type { EngineOptions } from "./engine.ts";
import type { EngineHost } from "./engine-host.ts";
import { INTERFACE_PREFIX, settingsPath } from "./recovery.ts";

/** Name of the interface. There is one director in a network namespace, so there is one name. */
const INTERFACE = `${INTERFACE_PREFIX}0`;

/** An engine and what to wait for in its name. */
export interface HostEngine {
  readonly host: EngineHost;
  /** Returns the descriptors that are readable when there is something to do; more may come. */
  fds(): readonly number[];
}

/**
 * Opens interface, sockets and rules; the host hands over nothing yet.
 *
 * @throws SystemError when the host refuses; Error when another director is at work in this network
 *   namespace, or a package is missing
 */
export function openHostEngine(
  options: EngineOptions,
  clock: Clock,
  voice: EngineVoice,
): HostEngine {
  const log = (line: string): void => {
    if (options.verbose) voice.log(line);
  };
  const opened: { close(): void }[] = [];
  const keep = <T extends { close(): void }>(resource: T): T => {
    opened.push(resource);
    return resource;
  };
  try {
    const routes = keep(HostRoutes.open({ clock }));
    const output = keep(openOutput(options, routes));
    const device = keep(HostDevice.open({ name: INTERFACE, output, log }));
    const listener = keep(IcmpListener.open(routes, device));
    const deviceFor = (mark: number): CaptureDevice => device.captureDevice(mark);
    const statePath = settingsPath(options.socket);
    const interceptor = Interception.open({ deviceFor, statePath, log });
    const around = {
      device,
      listener,
      host: routes,
      clock,
      interceptor,
      beforeTurn: () => void routes.refresh(),
      release: () => routes.close(),
    };
    return {
      host: assembleEngine(options, around, voice),
      fds: () => [routes.fd, ...listener.fds, ...device.fds],
    };
  } catch (error) {
    for (const resource of opened.reverse()) resource.close();
    throw error;
  }
}

function openOutput(options: EngineOptions, routes: HostRoutes): Device {
  return options.device === "raw" ? RawSocketDevice.open({ routes }) : new RawIpDevice(routes);
}
