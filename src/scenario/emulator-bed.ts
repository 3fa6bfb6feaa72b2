/**
 * A bed in this process: a director in a small host, in time that only passes when told.
 *
 * @module
 */

import { schedulers } from "../../schedulers/index.ts";
import { ManualClock, type Milliseconds, type Ticks } from "../base/clock.ts";
import { SeededRandom } from "../base/random.ts";
import {
  directorBackend,
  directorServices,
  directorSysctls,
} from "../control/director-services.ts";
import type { SysctlTable } from "../control/uipvs-family.ts";
import { Director, type DirectorOptions } from "../engine/director.ts";
import { DEFAULT_PROFILE, type Profile } from "../engine/profile.ts";
import { REASONS } from "../engine/verdict.ts";
import type { Departure } from "../host/output.ts";
import { VirtualHost } from "../host/virtual-host.ts";
import { run } from "../ipvsadm/main.ts";
import { systemReason } from "../ipvsadm/messages.ts";
import type { World, Writer } from "../ipvsadm/world.ts";
import { type Family, parseAddress, sameAddress, UNSPECIFIED } from "../net/address.ts";
import { Frame } from "../wire/frame.ts";
import type { Bed, Captured, Printed, Sent, Variable } from "./bed.ts";
import { debuggingSysctls, emulatedSysctl, VS_PREFIX } from "./emulated-sysctls.ts";
import { runIpCommand } from "./ip-command.ts";
import { runMarkCommand } from "./mark-command.ts";
import { macText, Neighbors } from "./neighbors.ts";
import { SERVICE_NAMES } from "./service-names.ts";
import { ShellFolder } from "./shell-folder.ts";
import type { ProgramName } from "./statement.ts";
import { topologyNamed } from "./topology.ts";

/** Memory of the machine the recordings were made on, in pages. */
const MEMORY_PAGES = 37344;
/** Ticks per second of the kernel the recordings were made with. */
const TICKS_PER_SECOND = 100;

const ETHERNET_HEADER = 14;
const ETHERTYPE_AT = 12;
const IP_ETHERTYPES: ReadonlySet<number> = new Set([0x0800, 0x86dd]);
/** First byte of link addresses of groups has this bit (IEEE 802). */
const GROUP = 1;

/** The one name of a host that is known. */
const LOOPBACK = parseAddress("127.0.0.1");

/** Files of the host that are there and empty: it tracks no connections. */
const EMPTY_FILES: ReadonlySet<string> = new Set(["/proc/net/nf_conntrack"]);
const FILE = /^\/proc\/net\/(ip_vs(?:_conn|_conn_sync|_stats|_stats_percpu|_app)?)$/;
const SYSCTL_FILE = /^\/proc\/sys\/(net\/.+)$/;

/** What may differ from bed to bed. */
export interface EmulatorOptions {
  /** Kernel to mirror; 6.1.192 at 100 ticks a second. */
  readonly profile?: Profile;
  /** What chance hangs on; 1. */
  readonly seed?: number;
  /** Tick the kernel is at when the scenario begins, as its timers are rounded by it; 0. */
  readonly firstTick?: Ticks;
  /** The time; its own unless given. */
  readonly clock?: ManualClock;
  /** Number of the director among several, from 0, which its own addresses hang on; 0. */
  readonly number?: number;
  /** Makes the director; as usual unless given. */
  readonly makeDirector?: MakeDirector;
}

/** What a director is made of, and whoever makes one like it. */
type MakeDirector = (options: DirectorOptions) => Director;

/** A director of ours, and the host around it. */
export class EmulatorBed implements Bed {
  readonly #clock: ManualClock;
  readonly #number: number;
  readonly #director: Director;
  readonly #host: VirtualHost;
  readonly #sysctls: SysctlTable;
  readonly #neighbors = new Neighbors();
  /** Interfaces by name, and whether they have link addresses. */
  readonly #interfaces = new Map<string, "tap" | "tun">();
  readonly #frame = new Frame();
  #shell: ShellFolder | undefined;
  #captured: Captured[] = [];
  #reasons: string[] = [];

  constructor(options: EmulatorOptions = {}) {
    const random = new SeededRandom(options.seed ?? 1);
    this.#clock = options.clock ?? new ManualClock();
    this.#number = options.number ?? 0;
    this.#host = new VirtualHost({
      clock: this.#clock,
      random,
      interfaces: [],
      depart: (departure) => this.#capture(departure),
      witness: () => this.#reasons.push(REASONS[this.#director.decision.reason]!),
      dropped: (reason) => this.#reasons.push(reason),
    });
    const make: MakeDirector = options.makeDirector ?? ((parts) => new Director(parts));
    this.#director = make({
      schedulers,
      clock: this.#clock,
      random,
      host: this.#host,
      firstTick: options.firstTick ?? 0,
      memoryPages: MEMORY_PAGES,
      profile: options.profile ?? { ...DEFAULT_PROFILE, ticksPerSecond: TICKS_PER_SECOND },
    });
    this.#sysctls = debuggingSysctls(directorSysctls(this.#director));
    this.#host.attach(this.#director);
  }

  now(): Milliseconds {
    return this.#clock.now();
  }

  async setUp(name: string): Promise<void> {
    const topology = topologyNamed(name, this.#number);
    for (const { name: device, addresses } of topology.interfaces) {
      await this.addInterface("tap", device);
      this.#host.routing.setUp(device, true);
      for (const address of addresses) this.#host.routing.addAddress(device, address);
    }
    for (const address of topology.virtual) this.#host.routing.addAddress("lo", address);
    for (const { device, address, mac } of [...topology.gateways, ...topology.servers]) {
      this.#neighbors.set(device, address, mac);
    }
    for (const { device, address: via } of topology.gateways) {
      const to = { address: UNSPECIFIED[via.family], prefixLength: 0 };
      this.#host.routing.addRoute({ to, via, dev: device });
    }
  }

  async addInterface(type: "tap" | "tun", name: string): Promise<void> {
    this.#host.routing.addInterface(name);
    this.#host.routing.setUp(name, false);
    this.#interfaces.set(name, type);
  }

  async run(program: ProgramName, args: readonly string[]): Promise<Printed> {
    switch (program) {
      case "ipvsadm":
        return this.#ipvsadm(args);
      case "iptables":
      case "ip6tables":
        runMarkCommand(this.#host.marks, program === "iptables" ? 4 : 6, args);
        return printed(0);
      case "ip": {
        const refusal = runIpCommand(this.#host.routing, this.#neighbors, args);
        return printed(refusal === "" ? 0 : 2, "", refusal);
      }
    }
  }

  async shell(command: string): Promise<Printed> {
    this.#shell ??= await ShellFolder.open(this.#director, {
      names: () => this.#sysctls.names(),
      access: (name, value) => emulatedSysctl(this.#sysctls, `${VS_PREFIX}${name}`, value),
    });
    return this.#shell.run(command);
  }

  async sysctl(name: string, value?: string): Promise<Variable> {
    return emulatedSysctl(this.#sysctls, name, value);
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    if (EMPTY_FILES.has(path)) return new Uint8Array(0);
    const variable = SYSCTL_FILE.exec(path)?.[1];
    if (variable !== undefined) {
      const { value } = emulatedSysctl(this.#sysctls, variable.replaceAll("/", "."));
      return value === null ? undefined : encode(`${value}\n`);
    }
    const name = FILE.exec(path)?.[1];
    const file = name && directorServices(this.#director).statusFile?.(name);
    return file ? encode([...file].join("")) : undefined;
  }

  async send(device: string, packet: Uint8Array, mark?: number): Promise<Sent | undefined> {
    if (!this.#interfaces.has(device)) return undefined;
    this.#frame.load(packet);
    // The last rule that fits a packet has the last word.
    const rule = mark === undefined ? undefined : { family: familyOf(packet), mark };
    if (rule !== undefined) this.#host.marks.add(rule);
    this.#host.receive(device, this.#frame);
    if (rule !== undefined) this.#host.marks.delete(rule);
    return { captured: this.#taken() };
  }

  reasons(): readonly string[] {
    const reasons = this.#reasons;
    this.#reasons = [];
    return reasons;
  }

  async sendFrame(device: string, frame: Uint8Array): Promise<Sent | undefined> {
    const type = this.#interfaces.get(device);
    if (type === undefined) return undefined;
    if (type === "tun") return this.send(device, frame);
    if (frame.length < ETHERNET_HEADER) return { errno: "EINVAL", captured: [] };
    const ethertype = frame[ETHERTYPE_AT]! * 256 + frame[ETHERTYPE_AT + 1]!;
    const isForHost =
      (frame[0]! & GROUP) !== 0 || macText([...frame.subarray(0, 6)]) === macOf(device);
    if (!isForHost || !IP_ETHERTYPES.has(ethertype)) return { captured: [] };
    return this.send(device, frame.subarray(ETHERNET_HEADER));
  }

  async sleep(duration: Milliseconds): Promise<readonly Captured[]> {
    this.#clock.advance(duration);
    return this.pass();
  }

  /** Lets the time pass that has passed on the clock, and returns what left the host meanwhile. */
  pass(): readonly Captured[] {
    this.#director.advance();
    return this.#taken();
  }

  /** Returns when something is due next, in ms of the clock. */
  nextDeadline(): Milliseconds {
    return this.#director.nextDeadline();
  }

  async close(): Promise<void> {
    await this.#shell?.close();
  }

  async #ipvsadm(args: readonly string[]): Promise<Printed> {
    const out = new Collector();
    const err = new Collector();
    const world: World = {
      name: "ipvsadm",
      env: {},
      stdin: nothing(),
      stdout: out,
      stderr: err,
      openBackend: async () => directorBackend(this.#director),
      unanswered: systemReason,
      resolver: {
        addressOf: async (host) => (host === "localhost" ? LOOPBACK : undefined),
        hostOf: async (address) => (sameAddress(address, LOOPBACK) ? "localhost" : undefined),
        services: async () => SERVICE_NAMES,
      },
    };
    const status = await run(args, world);
    return printed(status, out.text, err.text);
  }

  #capture({ interface: device, nextHopFamily, nextHop, frame }: Departure): void {
    const packet = frame.packet().slice();
    if (this.#interfaces.get(device) === "tun") {
      this.#captured.push({ device, packet });
      return;
    }
    const mac = this.#neighbors.find(device, nextHopFamily, nextHop);
    // Nobody answers for the address: the packet never gets onto the wire.
    if (mac !== undefined) this.#captured.push({ device, mac, packet });
  }

  #taken(): readonly Captured[] {
    const captured = this.#captured;
    this.#captured = [];
    return captured;
  }
}

class Collector implements Writer {
  text = "";

  write(text: string): void {
    this.text += text;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function printed(status: number, out = "", err = ""): Printed {
  return { status, out: encode(out), err: encode(err) };
}

function familyOf(packet: Uint8Array): Family {
  return (packet[0] ?? 0) >>> 4 === 6 ? 6 : 4;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Returns the link address of an interface of the host: its name stands in it. */
function macOf(device: string): string {
  return macText([2, 0, 0, 0, device.charCodeAt(0), device.charCodeAt(1)]);
}
