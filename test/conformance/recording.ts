/**
 * Recordings of a real kernel: a scenario's commands, packets and pauses with what the kernel printed
 * and sent, and a bench to run them on a director of ours.
 *
 * The recorded host has the client side on c0 (10.0.0.1/24, gateway 10.0.0.254), the real servers on r0
 * (192.168.10.1/24) and the virtual addresses 10.0.0.100 to 10.0.0.103.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { MemoryDevice, type SentPacket } from "../../dataplane/memory.ts";
import { Pump } from "../../dataplane/pump.ts";
import { StaticHost } from "../../dataplane/static-host.ts";
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { IpvsError } from "../../src/base/error.ts";
import { directorBackend } from "../../src/control/director-services.ts";
import { Director } from "../../src/engine/director.ts";
import { DEFAULT_PROFILE } from "../../src/engine/profile.ts";
import { VERDICT } from "../../src/engine/verdict.ts";
import { formatAddress, parseAddress } from "../../src/net/address.ts";
import { runIpvsadm } from "../ipvsadm/support.ts";
import { hex } from "../support/packet.ts";
import { textOf } from "../support/text-of.ts";
import { decode, encode } from "./decoded-packet.ts";
import { normalized, type Observation } from "./normalize.ts";

/** One line of a recording. */
export interface RecordedStep {
  readonly op: string;
  readonly line: number;
  readonly args?: readonly string[];
  readonly out?: string;
  readonly err?: string;
  readonly rc?: number;
  readonly dev?: string;
  /** The packet in hexadecimal; absent where the scenario asked for brevity. */
  readonly pkt?: string;
  readonly dec?: string;
  readonly rx?: readonly (string | { dev: string; dmac?: string; pkt: string; dec: string })[];
  readonly sec?: string;
  readonly name?: string;
  readonly set?: string;
  readonly path?: string;
  readonly cmd?: string;
}

/** Reads a recording. */
export function readRecording(path: string): readonly RecordedStep[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as RecordedStep);
}

/** Ticks per second of the recorded kernel. */
const TICKS_PER_SECOND = 100;
const OWN_ADDRESSES = [
  "10.0.0.1",
  "192.168.10.1",
  "10.0.0.100",
  "10.0.0.101",
  "10.0.0.102",
  "10.0.0.103",
];
const SERVER_SIDE = 0xc0a80a00;
const GATEWAY_MAC = "02:00:00:00:c0:fe";

interface MarkRule {
  readonly network: number;
  readonly mask: number;
  readonly protocol: number | undefined;
  readonly mark: number;
}

/** A director of ours in the place of the recorded kernel. */
export class Bench {
  readonly #clock = new ManualClock();
  readonly #device = new MemoryDevice();
  readonly #host: StaticHost;
  readonly #director: Director;
  readonly #pump: Pump;
  readonly #marks: MarkRule[] = [];
  readonly #localNetworks: { network: number; mask: number }[] = [];

  /** @param phase ticks the recorded kernel's timers were past a multiple of all their units */
  constructor(phase = 0) {
    this.#host = new StaticHost({
      addresses: OWN_ADDRESSES.map(parseAddress),
      source: parseAddress("192.168.10.1"),
      isAlsoLocal: (_family, address) =>
        this.#localNetworks.some(({ network, mask }) => (address[0]! & mask) >>> 0 === network),
    });
    this.#director = new Director({
      schedulers,
      clock: this.#clock,
      host: this.#host,
      profile: { ...DEFAULT_PROFILE, ticksPerSecond: TICKS_PER_SECOND },
    });
    this.#pump = new Pump(this.#director, this.#device, this.#host);
    this.#clock.advance((phase * 1000) / TICKS_PER_SECOND);
    this.#director.advance();
  }

  /**
   * Does what one step did and returns what was recorded and what was seen, both without what differs
   * from run to run; `undefined` for a step with nothing to see.
   */
  async run(step: RecordedStep): Promise<Observation | undefined> {
    switch (step.op) {
      case "ipvsadm":
        return this.#ipvsadm(step);
      case "send":
        return this.#send(step);
      case "sleep":
        this.#clock.advance(Number(step.sec) * 1000);
        this.#director.advance();
        return undefined;
      case "sysctl":
        return this.#sysctl(step);
      case "iptables":
        this.#mark(step.args ?? []);
        return undefined;
      case "ip":
        this.#route(step.args ?? []);
        return undefined;
      case "cat":
        return this.#cat(step);
      case "topo":
      case "note":
      case "end":
        return undefined;
      default:
        throw new Error(`The bench cannot do "${step.op}" of line ${step.line}`);
    }
  }

  async #ipvsadm(step: RecordedStep): Promise<Observation> {
    const printed = await runIpvsadm(step.args ?? [], {
      openBackend: async () => directorBackend(this.#director),
    });
    return normalized(
      step,
      `${step.out}${step.err}exit ${step.rc}`,
      `${printed.stdout}${printed.stderr}exit ${printed.code}`,
    );
  }

  #send(step: RecordedStep): Observation {
    const packet = step.pkt !== undefined ? hex(step.pkt) : encode(step.dec ?? "");
    const mark = this.#markOf(packet);
    this.#device.inject(packet, { mark });
    while (this.#pump.turn() > 0);
    const seen = this.#sent().map((sent) => {
      const target = sent.nextHop.address[0]!;
      const inside = (target & 0xffffff00) >>> 0 === SERVER_SIDE;
      const mac = inside ? `02:00:00:00:d0:${String(target & 0xff).padStart(2, "0")}` : GATEWAY_MAC;
      return { dev: inside ? "r0" : "c0", dmac: mac, packet: sent.packet };
    });
    const brief = step.rx?.some((rx) => typeof rx === "string") ?? false;
    // The recorded host's own TCP resets what ip_vs leaves to it; the bench has no TCP.
    const left = this.#director.decision.verdict === VERDICT.accept;
    const wanted = (step.rx ?? [])
      .filter((rx) => !(left && isReset(typeof rx === "string" ? rx : rx.dec)))
      .map((rx) => (typeof rx === "string" ? rx : `${rx.dev} ${rx.dmac} ${rx.pkt}`));
    return normalized(
      step,
      wanted.join("\n"),
      seen
        .map(({ dev, dmac, packet: sent }) => {
          const text = brief ? decode(sent) : Buffer.from(sent).toString("hex");
          return `${dev} ${dmac} ${text}`;
        })
        .join("\n"),
    );
  }

  #sent(): readonly SentPacket[] {
    const sent: SentPacket[] = [];
    for (let next = this.#device.take(); next !== undefined; next = this.#device.take()) {
      sent.push(next);
    }
    // What the director leaves alone and is for others, the host forwards.
    for (let next = this.#device.takeAccepted(); next; next = this.#device.takeAccepted()) {
      const view = new DataView(next.buffer, next.byteOffset, next.length);
      const address = Uint32Array.of(view.getUint32(16), 0, 0, 0);
      if (this.#host.isLocal(4, address)) continue;
      sent.push({ packet: next, nextHop: { family: 4, address }, mark: 0, time: 0 });
    }
    return sent;
  }

  #sysctl(step: RecordedStep): undefined {
    if (step.set === undefined || step.name === undefined) return undefined;
    try {
      this.#director.setSysctl(step.name.replace(/^net\.ipv4\.vs\./, ""), Number(step.set));
    } catch (error) {
      if (!(error instanceof IpvsError)) throw error;
    }
    return undefined;
  }

  async #cat(step: RecordedStep): Promise<Observation | undefined> {
    const name = step.path?.replace("/proc/net/", "") ?? "";
    if (!/^ip_vs(_conn|_app)?$/.test(name)) return undefined;
    const backend = directorBackend(this.#director);
    const text = await textOf(backend.statusFile(name as "ip_vs"));
    return normalized(step, step.out ?? "", text);
  }

  /** Understands what the recorded scenarios say to iptables: `-d NET [-p tcp] -j MARK --set-mark N`. */
  #mark(args: readonly string[]): void {
    const value = (name: string) => args[args.indexOf(name) + 1] ?? "";
    const [network, mask] = network4(value("-d"));
    const protocol = args.includes("-p") ? 6 : undefined;
    this.#marks.push({ network, mask, protocol, mark: Number(value("--set-mark")) });
  }

  /** Understands `route add local NET dev lo`. */
  #route(args: readonly string[]): void {
    const [network, mask] = network4(args[args.indexOf("local") + 1] ?? "");
    this.#localNetworks.push({ network, mask });
  }

  #markOf(packet: Uint8Array): number {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    const to = packet.length >= 20 ? view.getUint32(16) : 0;
    const rule = this.#marks.find(
      ({ network, mask, protocol }) =>
        (to & mask) >>> 0 === network && (protocol === undefined || protocol === packet[9]),
    );
    return rule?.mark ?? 0;
  }
}

function isReset(decoded: string): boolean {
  return /TCP \S+ RA? len=0$/.test(decoded);
}

function network4(text: string): readonly [network: number, mask: number] {
  const [address = "0.0.0.0", length = "32"] = text.split("/");
  const mask = Number(length) === 0 ? 0 : (-1 << (32 - Number(length))) >>> 0;
  return [parseAddress(address).words[0]!, mask];
}

/** Returns the text of an IPv4 address given as one number. */
export function dotted(value: number): string {
  return formatAddress({ family: 4, words: Uint32Array.of(value, 0, 0, 0) });
}
