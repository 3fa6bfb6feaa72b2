/**
 * An engine for the packets of the host it runs on.
 *
 * Packets come by a TUN interface the host is told to route them into, and ICMP errors to the host itself
 * by sockets that hear them. They leave by raw sockets: by koffi's for `tun`, by those of the package
 * raw-socket for `raw`, which has to be on the main thread. With `ring` and `cap`, most come straight from links
 * and leave there, by packet sockets or by libpcap.
 *
 * With `cap`, there may be no TUN interface: nothing of the host is changed then.
 *
 * @module
 */
import { AddressAnswers } from "../../dataplane/address-answers.ts";
import { AddressHolder } from "../../dataplane/address-holder.ts";
import { CapLinks } from "../../dataplane/cap.ts";
import type { Device } from "../../dataplane/device.ts";
import { HeldCapture } from "../../dataplane/held-capture.ts";
import { HostDevice } from "../../dataplane/host-device.ts";
import { HostNeighbors } from "../../dataplane/host-neighbors.ts";
import { HostRoutes } from "../../dataplane/host-routes.ts";
import { IcmpListener } from "../../dataplane/icmp-listener.ts";
import {
  type CaptureDevice,
  Interception,
  type InterceptionOptions,
} from "../../dataplane/interception.ts";
import { LinkDevice } from "../../dataplane/link-device.ts";
import { MulticastPorts } from "../../dataplane/multicast-ports.ts";
import { PacketLinks } from "../../dataplane/packet-links.ts";
import { PacketOutput } from "../../dataplane/packet-output.ts";
import { PacketSelection } from "../../dataplane/packet-selection.ts";
import { RawIpDevice } from "../../dataplane/raw-ip.ts";
import { RawSocketDevice } from "../../dataplane/raw-socket.ts";
import { RingSource } from "../../dataplane/ring-source.ts";
import { readSysctl } from "../../dataplane/sys/sysctl.ts";
import { SystemError } from "../../dataplane/sys/system-error.ts";
import type { Clock } from "../base/clock.ts";
import { sentenceOf } from "../base/sentence.ts";
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
    const { device, neighbors, interceptor } = openDevice(
      { options, routes, clock, output, voice, log },
      keep,
    );
    const listener = keep(IcmpListener.open(routes, device));
    const groups = new MulticastPorts((name) => routes.networkInterface(name)?.index);
    let links = routes.linkChanges;
    const around = {
      device,
      listener,
      groups,
      host: routes,
      clock,
      interceptor,
      beforeTurn: () => {
        routes.refresh();
        neighbors?.refresh();
        if (links === routes.linkChanges) return;
        links = routes.linkChanges;
        attempt(() => interceptor.linksChanged(), voice);
      },
      release: () => {
        neighbors?.close();
        routes.close();
      },
    };
    return {
      host: assembleEngine(options, around, voice),
      fds: () => [
        routes.fd,
        ...(neighbors === undefined ? [] : [neighbors.fd]),
        ...listener.fds,
        ...device.fds,
        ...groups.fds,
      ],
    };
  } catch (error) {
    for (const resource of opened.reverse()) resource.close();
    throw error;
  }
}

/** What a device is put into. */
interface Ground {
  readonly options: EngineOptions;
  readonly routes: HostRoutes;
  readonly clock: Clock;
  /** Sends what cannot be sent otherwise. */
  readonly output: Device;
  readonly voice: EngineVoice;
  readonly log: (line: string) => void;
}

/** Notes a resource, to be closed should another one fail to open. */
type Keep = <T extends { close(): void }>(resource: T) => T;

/** A device, what it needs besides, and who has packets handed over to it. */
interface Opened {
  readonly device: HostDevice | LinkDevice;
  readonly neighbors?: HostNeighbors;
  readonly interceptor: Interception | HeldCapture;
}

function openDevice(ground: Ground, keep: Keep): Opened {
  const { device: kind } = ground.options;
  if (kind !== "ring" && kind !== "cap") {
    const tun = keep(openTun(ground));
    return { device: tun, interceptor: keep(openInterception(ground, tun)) };
  }
  const tun = kind === "ring" ? openTun(ground) : openTunIfAllowed(ground);
  if (tun !== undefined) keep(tun);
  const { routes, clock } = ground;
  const selection = new PacketSelection();
  const neighbors = keep(HostNeighbors.open(routes, clock));
  const parts = { ground, tun, selection, neighbors };
  const device = kind === "ring" ? openRing(parts, keep) : openCap(parts, keep);
  const direct = { device, selection };
  const interceptor =
    tun === undefined
      ? new HeldCapture({ ...direct, routes })
      : keep(openInterception(ground, tun, direct));
  return { device, neighbors, interceptor };
}

function openTun({ options, output, log }: Ground): HostDevice {
  // The package's sockets know nothing of work left to do.
  const offload = options.device !== "raw";
  return HostDevice.open({ name: INTERFACE, output, offload, log });
}

/** What of the kernel's refusals of a TUN interface means that there can be none here. */
const NO_TUN = ["EPERM", "EACCES", "ENOENT", "ENODEV", "ENXIO"];

/** Settings of a host that passes on what comes for others. */
const FORWARDING = ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"];

/** Opens the TUN interface, or tells the operator what it means that there can be none. */
function openTunIfAllowed(ground: Ground): HostDevice | undefined {
  try {
    return openTun(ground);
  } catch (error) {
    if (!(error instanceof SystemError) || !NO_TUN.includes(error.code)) throw error;
    const { log } = ground.voice;
    log(`${error.message}; so packets are taken beside the host, of which nothing is changed`);
    if (FORWARDING.some((setting) => readSysctl(setting) === "1")) {
      log("This host forwards packets, and so passes on what real servers answer, untranslated");
    }
    return undefined;
  }
}

function openInterception(
  { options, log }: Ground,
  tun: HostDevice,
  direct?: InterceptionOptions["direct"],
): Interception {
  const deviceFor = (mark: number): CaptureDevice => tun.captureDevice(mark);
  const statePath = settingsPath(options.socket);
  return Interception.open({ deviceFor, statePath, direct, log });
}

/** What a device that takes packets from links is made of. */
interface LinkParts {
  readonly ground: Ground;
  readonly tun: HostDevice | undefined;
  readonly selection: PacketSelection;
  readonly neighbors: HostNeighbors;
}

function openRing({ ground, tun: host, selection, neighbors }: LinkParts, keep: Keep): LinkDevice {
  const { options, routes, output: detour } = ground;
  const openLinks = (drop: (reason: string) => void) => new PacketLinks(drop);
  const output = keep(new PacketOutput({ routes, neighbors, openLinks, detour }));
  const holder = options.hold ? keep(new AddressHolder(routes, selection)) : undefined;
  const source = keep(new RingSource(selection));
  return keep(new LinkDevice({ name: "ring", source, output, host, routes, holder }));
}

function openCap({ ground, tun: host, selection, neighbors }: LinkParts, keep: Keep): LinkDevice {
  const { options, routes, output: detour } = ground;
  // A host that is not told to hand packets over may not have the addresses, so nobody else answers for them.
  const holds = options.hold || host === undefined;
  const answers = holds ? new AddressAnswers(routes, selection) : undefined;
  const source = keep(new CapLinks({ selection, answers, icmp: host === undefined }));
  const openLinks = () => source;
  const output = keep(new PacketOutput({ routes, neighbors, openLinks, detour }));
  return keep(new LinkDevice({ name: "cap", source, output, host, routes }));
}

/** Makes a change of the host nobody asked for; the operator is told when it is refused. */
function attempt(change: () => void, voice: EngineVoice): void {
  try {
    change();
  } catch (error) {
    voice.log(sentenceOf(error));
  }
}

function openOutput(options: EngineOptions, routes: HostRoutes): Device {
  return options.device === "raw" ? RawSocketDevice.open({ routes }) : new RawIpDevice(routes);
}
