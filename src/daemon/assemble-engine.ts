/**
 * Puts an engine together: a director, the server that has it obey, and the pump that feeds it.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import { totalmem } from "node:os";
import type { Device } from "../../dataplane/device.ts";
import type { MulticastPorts } from "../../dataplane/multicast-ports.ts";
import { PcapTapDevice } from "../../dataplane/pcap-tap.ts";
import { Pump } from "../../dataplane/pump.ts";
import { schedulers } from "../../schedulers/index.ts";
import type { Clock } from "../base/clock.ts";
import { IpvsError } from "../base/error.ts";
import { SeededRandom } from "../base/random.ts";
import { sentenceOf } from "../base/sentence.ts";
import { directorServices } from "../control/director-services.ts";
import { type CaptureSwitch, explainServices } from "../control/explain-services.ts";
import { NetlinkServer } from "../control/netlink-server.ts";
import { Director } from "../engine/director.ts";
import type { Host } from "../engine/host.ts";
import { statusItems } from "./director-status.ts";
import type { EngineObserver, EngineOptions } from "./engine.ts";
import { EngineHost, type Interceptor } from "./engine-host.ts";
import { freePages } from "./free-pages.ts";
import { statusOf } from "./status-of.ts";
import { watched } from "./watched-administration.ts";

/** What an engine is put into. */
export interface Surroundings {
  readonly device: Device;
  /** Brings errors the device does not; closed with it. */
  readonly listener?: Device | undefined;
  /** The host around the device. */
  readonly host: Host;
  readonly clock: Clock;
  /** Groups of hosts, for synchronisation; closed when the engine's daemons are stopped. */
  readonly groups?: MulticastPorts | undefined;
  /** Absent where there is no host to intercept at. */
  readonly interceptor?: Interceptor | undefined;
  /** Called before turns of the pump, but not before each while there are many. */
  readonly beforeTurn?: (() => void) | undefined;
  /** Releases what the engine needs besides its device. */
  readonly release?: (() => void) | undefined;
}

/** Whom an engine on this thread tells what nobody asked for. */
export type EngineVoice = Pick<EngineObserver, "log" | "stopRequested">;

const NS_PER_MS = 1_000_000n;
/**
 * How long what is no packet may wait while packets keep coming, in ms. There are some thousand batches a second
 * then, and to look for it takes several system calls.
 */
const LONGEST_DELAY = 1;
/** Bytes of a page of memory. */
const PAGE_SIZE = 4096;

/**
 * Returns an engine that does not yet serve.
 *
 * @throws IpvsError when a variable it is to begin with is unknown or its value refused
 */
export function assembleEngine(
  options: EngineOptions,
  around: Surroundings,
  voice: EngineVoice,
): EngineHost {
  const { listener, groups, clock, beforeTurn } = around;
  const { profile } = options;
  // Rules drawn by chance must not be foreseeable from outside; nothing here replays.
  const random = new SeededRandom(randomInt(2 ** 32));
  // What is sent to a virtual service has arrived, also where the host does not have the address.
  const host: Host = {
    get epoch() {
      return around.host.epoch;
    },
    route: (family, address) => around.host.route(family, address),
    isLocal: (family, address) =>
      around.host.isLocal(family, address) || director.hasVirtualAddress(family, address),
    isBroadcast: (family, address) => around.host.isBroadcast?.(family, address) ?? false,
    freePages,
    networkInterface: (name) => around.host.networkInterface?.(name),
    reportPathMtu: (family, address, mtu) => around.host.reportPathMtu?.(family, address, mtu),
    ...(groups && {
      openMulticastSender: (end) => groups.openSender(end),
      openMulticastReceiver: (end, take) => groups.openReceiver(end, take),
    }),
  };
  const epoch = Date.now() - clock.now();
  const device = new PcapTapDevice(around.device, {
    path: options.pcap,
    clock,
    epoch: BigInt(Math.round(epoch)) * NS_PER_MS,
    onFault: (path, error) => voice.log(`The capture "${path}" has ended: ${String(error)}`),
  });
  const memoryPages = Math.floor(totalmem() / PAGE_SIZE);
  const director: Director = new Director({
    schedulers,
    clock,
    host,
    random,
    profile,
    memoryPages,
  });
  director.setSysctls(options.sysctls ?? []);
  // What the director itself has to say leaves by the pump made last.
  const errors = listener && new Pump(director, listener, host);
  const pump = new Pump(director, device, host);
  const startedAt = clock.now();
  let busy = false;
  let lookedAt = startedAt;
  const server = new NetlinkServer(
    watched(director, (service) => engine.configurationChanged(service)),
    {
      ...directorServices(director),
      ...explainServices(director, epoch),
      capture: captureSwitch(device),
      status: () =>
        statusItems(
          statusOf(director, {
            uptime: Math.floor((clock.now() - startedAt) / 1000),
            socket: options.socket,
            device: device.name,
            deviceKind: options.device,
            profile: profile.name,
            deviceDrops: dropsOf(device),
            capture: device.path,
            fault: engine.fault,
          }),
        ),
      stop: () => voice.stopRequested(),
      onFault: (error) => voice.log(`A request could not be answered: ${String(error)}`),
    },
  );
  const engine: EngineHost = new EngineHost({
    deviceName: device.name,
    configuration: director,
    answer: (message) => {
      // Listings show the time they are asked at, not that of the last packet.
      director.advance();
      return server.pieces(message);
    },
    loop: {
      turn: () => {
        // After a turn without packets there may have been a wait, which anything may have ended.
        const now = clock.now();
        const looks = !busy || now - lookedAt >= LONGEST_DELAY;
        if (looks) {
          lookedAt = now;
          beforeTurn?.();
        }
        const packets = pump.turn();
        busy = packets > 0;
        return looks ? packets + (errors?.turn() ?? 0) + (groups?.turn() ?? 0) : packets;
      },
      get flooded(): boolean {
        return pump.flooded;
      },
      nextDeadline: () => pump.nextDeadline(),
    },
    interceptor: around.interceptor,
    release: () => {
      director.close();
      listener?.close();
      device.close();
      around.release?.();
    },
    log: (line) => voice.log(line),
  });
  return engine;
}

/** Returns what starts and stops the capture of a tap. */
function captureSwitch(tap: PcapTapDevice): CaptureSwitch {
  return {
    start: (path) => {
      if (tap.path !== undefined) {
        throw new IpvsError("EBUSY", `Packets are being captured already, into "${tap.path}"`);
      }
      try {
        tap.start(path);
      } catch (error) {
        throw new IpvsError("EIO", `Cannot write the capture: ${sentenceOf(error)}`);
      }
    },
    stop: () => {
      const ended = tap.stop();
      if (ended === undefined) throw new IpvsError("ENOENT", "No packets are being captured");
      return ended;
    },
  };
}

/** Returns what the device could not send, by reasons that cannot be taken for the director's. */
function dropsOf(device: Device): Readonly<Record<string, number>> {
  const entries = Object.entries(device.drops).filter(([, count]) => count > 0);
  return Object.fromEntries(entries.map(([reason, count]) => [`device-${reason}`, count]));
}
