/**
 * A bed of scenarios on a bed of packets: what `play` asks for, done to a real kernel.
 *
 * Time is real here. Who wants to know how it passed asks `now`.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";
import type { StatusFile } from "../control/backend.ts";
import type { Captured, Printed, Bed as ScenarioBed, Sent, Variable } from "../scenario/bed.ts";
import type { ProgramName } from "../scenario/statement.ts";
import { ETHER_TYPE } from "../wire/ethernet.ts";
import type { CommandOutcome, EmittedPacket, TimedBed } from "./bed.ts";
import { STANDARD, type Topology } from "./topology.ts";

/** Networks by name. */
const TOPOLOGIES: Readonly<Record<string, Topology>> = { std: STANDARD };
/** A host without interfaces but its own: what a scenario finds that asks for no topology. */
const BARE: Topology = { ports: [], local: [], routes: [], settings: {} };

/** Programs of the guest. Marks are set by the tables the kernel's modules are for. */
const PROGRAMS: Readonly<Record<Exclude<ProgramName, "ipvsadm">, string>> = {
  iptables: "iptables-legacy",
  ip6tables: "ip6tables-legacy",
  ip: "ip",
};

const STATUS_FILE = /^\/proc\/net\/(ip_vs(?:_conn|_conn_sync|_stats|_stats_percpu|_app)?)$/;

/** The kernel of a bed, begun anew for one scenario. The bed stays open when this one is closed. */
export class KernelScenarioBed implements ScenarioBed {
  readonly #bed: TimedBed;
  readonly #pause: Milliseconds;
  readonly #moments: Milliseconds[] = [];
  /** What left in pauses, for the next operation that gives packets. */
  readonly #left: EmittedPacket[] = [];
  #topology: Topology | undefined;
  #began: Milliseconds = 0;

  /** @param pause time to let pass before each operation */
  constructor(bed: TimedBed, pause: Milliseconds = 0) {
    this.#bed = bed;
    this.#pause = pause;
  }

  /** When each operation but `setUp` began, since the network was made. */
  get moments(): readonly Milliseconds[] {
    return this.#moments;
  }

  /** When the network was made, by the kernel's clock. */
  get began(): Milliseconds {
    return this.#began;
  }

  /** Time from when the network was made to when the last operation began. */
  now(): Milliseconds {
    return this.#bed.began - this.#began;
  }

  async setUp(name: string): Promise<void> {
    const topology = Object.hasOwn(TOPOLOGIES, name) ? TOPOLOGIES[name] : undefined;
    if (topology === undefined) throw new RangeError(`there is no topology "${name}" on a kernel`);
    await this.#begin(topology);
  }

  async addInterface(): Promise<void> {
    throw new RangeError("a kernel has the interfaces of its topology only");
  }

  async run(program: ProgramName, args: readonly string[]): Promise<Printed> {
    const words = [...args];
    return printed(
      await this.#operate((bed) =>
        program === "ipvsadm" ? bed.command(words) : bed.run([PROGRAMS[program], ...words]),
      ),
    );
  }

  async shell(command: string): Promise<Printed> {
    return printed(await this.#operate((bed) => bed.run(["/bin/sh", "-c", command])));
  }

  async sysctl(name: string, value?: string): Promise<Variable> {
    const path = name.replaceAll(".", "/");
    const { value: now, error } = await this.#operate((bed) => bed.setting(path, value));
    return { ...(error !== undefined && { errno: error }), value: now ?? null };
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const status = STATUS_FILE.exec(path)?.[1] as StatusFile | undefined;
    if (status !== undefined) {
      const text = await this.#operate((bed) => bed.statusFile(status));
      return text === undefined ? undefined : encode(text);
    }
    const { status: failed, stdout } = await this.#operate((bed) => bed.run(["cat", path]));
    return failed === 0 ? encode(stdout) : undefined;
  }

  async send(device: string, packet: Uint8Array, mark?: number): Promise<Sent | undefined> {
    await this.#furnish();
    if (!this.#topology?.ports.some(({ name }) => name === device)) {
      this.#moments.push(this.now());
      return undefined;
    }
    const emitted = await this.#operate((bed) => bed.inject(device, packet, { mark }));
    return { captured: this.#captured(emitted) };
  }

  async sendFrame(): Promise<Sent | undefined> {
    throw new RangeError("a kernel is sent packets only, not frames");
  }

  async sleep(duration: Milliseconds): Promise<readonly Captured[]> {
    return this.#captured(await this.#operate((bed) => bed.sleep(duration / 1000)));
  }

  async close(): Promise<void> {}

  /** Makes the network on which everything after it happens. */
  async #begin(topology: Topology): Promise<void> {
    await this.#bed.reset(topology);
    this.#topology = topology;
    this.#began = this.#bed.began;
  }

  /** Sees to it that what the scenario before left there is gone. */
  async #furnish(): Promise<void> {
    if (this.#topology === undefined) await this.#begin(BARE);
  }

  /** Carries out an operation, and notes when it began. */
  async #operate<T>(operation: (bed: TimedBed) => Promise<T>): Promise<T> {
    await this.#furnish();
    if (this.#pause > 0) this.#left.push(...(await this.#bed.sleep(this.#pause / 1000)));
    const done = await operation(this.#bed);
    this.#moments.push(this.now());
    return done;
  }

  /** Returns what was sent, and what left in a pause before. */
  #captured(emitted: readonly EmittedPacket[]): readonly Captured[] {
    return capturedOf([...this.#left.splice(0), ...emitted]);
  }
}

/** Returns the packets among what left: who asks for link addresses is no matter of a director's. */
function capturedOf(emitted: readonly EmittedPacket[]): readonly Captured[] {
  return emitted
    .filter(({ etherType }) => etherType === ETHER_TYPE.ipv4 || etherType === ETHER_TYPE.ipv6)
    .map(({ port, destinationMac, bytes }) => ({
      device: port,
      mac: destinationMac,
      packet: bytes,
    }));
}

function printed({ status, stdout, stderr }: CommandOutcome): Printed {
  return { status, out: encode(stdout), err: encode(stderr) };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
