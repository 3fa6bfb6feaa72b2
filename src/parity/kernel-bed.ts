/**
 * The bed on a real kernel: that of the machine this runs on, which may be one booted for the purpose.
 *
 * Every reset is a new network namespace, and so a new ip_vs. It needs the privileges for that, and
 * iptables(8) for packets with a mark.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { release, version } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { enterNewNetwork, giveWay } from "../../dataplane/sys/network-namespace.ts";
import { readSysctl, writeSysctl } from "../../dataplane/sys/sysctl.ts";
import { SystemError } from "../../dataplane/sys/system-error.ts";
import type { StatusFile } from "../control/backend.ts";
import { openKernelBackend } from "../control/kernel-backend.ts";
import { run as runIpvsadm } from "../ipvsadm/main.ts";
import { unanswered } from "../ipvsadm/messages.ts";
import { systemResolver } from "../ipvsadm/system-resolver.ts";
import { execute } from "../lab/system-command.ts";
import type {
  Bed,
  BedInfo,
  CommandOptions,
  CommandOutcome,
  EmittedPacket,
  InjectOptions,
  SettingOutcome,
} from "./bed.ts";
import { furnish } from "./furnish.ts";
import { knownSchedulers } from "./known-schedulers.ts";
import { MarkRules } from "./mark-rules.ts";
import { macOf, TapPort } from "./tap-port.ts";
import { STANDARD, type Topology } from "./topology.ts";

/** Times nothing more must come, after everybody else has had the processor, before a port counts as quiet. */
const QUIET_ROUNDS = 2;

interface OpenPort {
  readonly port: TapPort;
  readonly peerMac: number;
}

/** What a kernel does not tell of itself; neither unless given. */
export type KernelBedOptions = Partial<Pick<BedInfo, "virtualTime" | "ofHost">>;

/** Settings below /proc/sys that belong to a network namespace. */
const NETWORK_SETTINGS = "net/";

/** A bed in network namespaces of this process. One at a time: it moves the main thread. */
export class KernelBed implements Bed {
  readonly info: BedInfo;
  #ports: readonly OpenPort[] = [];
  #marks = new MarkRules((words) => this.run(words));

  private constructor(info: BedInfo) {
    this.info = info;
  }

  /**
   * Leaves this process's network namespace for a new one and returns the bed in it, not yet reset.
   *
   * @throws SystemError without the privileges; KernelUnavailable without ip_vs; Error without koffi
   */
  static async open(options: KernelBedOptions = {}): Promise<KernelBed> {
    // Threads that Node starts later would hold on to the namespace of that time for good.
    await stat("/");
    enterNewNetwork();
    const backend = await openKernelBackend();
    try {
      const schedulers = await knownSchedulers(backend);
      const { virtualTime = false, ofHost = false } = options;
      return new KernelBed({ release: sourceRelease(), schedulers, virtualTime, ofHost });
    } finally {
      await backend.close();
    }
  }

  async reset(topology: Topology = STANDARD): Promise<void> {
    this.#closePorts();
    enterNewNetwork();
    this.#marks = new MarkRules((words) => this.run(words));
    for (const [name, value] of Object.entries(topology.settings)) writeSysctl(name, value);
    this.#ports = topology.ports.map((config) => ({
      port: new TapPort(config),
      peerMac: macOf(config.peerMac),
    }));
    furnish(topology);
    this.#collect();
  }

  async command(
    words: readonly string[],
    { frontEnd = "uipvsadm", input = "" }: CommandOptions = {},
  ): Promise<CommandOutcome> {
    if (frontEnd === "ipvsadm") return this.run(["ipvsadm", ...words], input);
    const stdout = new Text();
    const stderr = new Text();
    const status = await runIpvsadm(words, {
      name: "ipvsadm",
      env: {},
      stdin: once(input),
      stdout,
      stderr,
      openBackend: openKernelBackend,
      unanswered: (error) => unanswered({ name: "kernel" }, error),
      resolver: systemResolver(),
    });
    return { status, stdout: stdout.text, stderr: stderr.text };
  }

  run(words: readonly string[], input = ""): Promise<CommandOutcome> {
    return execute(words, { stdin: input, timeout: 60_000 });
  }

  async setting(name: string, value?: string): Promise<SettingOutcome> {
    if (value !== undefined && this.info.ofHost && !name.startsWith(NETWORK_SETTINGS)) {
      return { value: readSysctl(name), error: "EPERM" };
    }
    let error: string | undefined;
    try {
      if (value !== undefined) writeSysctl(name, value);
    } catch (refusal) {
      if (!(refusal instanceof SystemError)) throw refusal;
      error = refusal.code;
    }
    return { value: readSysctl(name), error };
  }

  async inject(
    name: string,
    packet: Uint8Array,
    { mark = 0 }: InjectOptions = {},
  ): Promise<readonly EmittedPacket[]> {
    const found = this.#ports.find(({ port }) => port.name === name);
    if (found === undefined) throw new RangeError(`Cannot send to port "${name}": there is none`);
    const source = mark === 0 ? found.peerMac : await this.#marks.sourceFor(mark, packet);
    found.port.inject(packet, source);
    return this.#collect();
  }

  async sleep(seconds: number): Promise<readonly EmittedPacket[]> {
    await delay(seconds * 1000);
    return this.#collect();
  }

  async statusFile(name: StatusFile): Promise<string | undefined> {
    try {
      return readFileSync(`/proc/net/${name}`, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closePorts();
  }

  /**
   * Returns what left the ports. Most packets are through before the call that injects them returns; what
   * a busy kernel put off is done by a thread of its own, which gets its turn here.
   */
  #collect(): readonly EmittedPacket[] {
    const emitted = this.#ports.map((): EmittedPacket[] => []);
    for (let quiet = 0; quiet < QUIET_ROUNDS; quiet++) {
      for (const [index, { port }] of this.#ports.entries()) {
        const packets = port.drain();
        if (packets.length > 0) quiet = -1;
        emitted[index]?.push(...packets);
      }
      giveWay();
    }
    return emitted.flat();
  }

  #closePorts(): void {
    for (const { port } of this.#ports) port.close();
    this.#ports = [];
  }
}

/**
 * Returns the release of the kernel: that of the source, which Debian tells in the version, as its release is the
 * name of an interface to modules.
 */
function sourceRelease(): string {
  return /Debian (\d+\.\d+\.\d+)/.exec(version())?.[1] ?? release();
}

class Text {
  text = "";

  write(more: string): void {
    this.text += more;
  }
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}
