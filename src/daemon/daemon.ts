/**
 * One director at the service of others: an engine, its control socket and the note beside it.
 *
 * Starting goes from what changes nothing to what others see: the socket's place is checked, rules
 * are read, the note is left, the device opens, rules are loaded, the host is told to hand packets
 * over, and only then does anybody get an answer. Whatever fails on the way undoes what came before
 * it, so a start that fails leaves nothing behind.
 *
 * @module
 */
import { NetlinkBackend } from "../control/netlink-backend.ts";
import type { Transport } from "../control/transport.ts";
import type { Profile } from "../engine/profile.ts";
import { loadRules } from "../ipvsadm/rules-file.ts";
import { remarkText } from "../keepalived/remark.ts";
import { readRules } from "../rules/read-rules.ts";
import { ControlSocket, occupancy, preparePath } from "./control-socket.ts";
import type { DeviceKind, Engine } from "./engine.ts";
import { EngineTransport } from "./engine-transport.ts";
import { SocketInUse } from "./holder.ts";
import { networkNamespace } from "./network-namespace.ts";
import { processIdentity } from "./process-info.ts";
import { recover } from "./recovery.ts";
import { refusal } from "./refusal.ts";
import { claimState, removeState } from "./state-file.ts";

/** What a director is told when it starts. */
export interface DaemonOptions {
  /** Absolute path of the control socket. */
  readonly socket: string;
  readonly device: DeviceKind;
  readonly profile: Profile;
  /** Path of a file of rules to begin with, in any form `readRules` takes. */
  readonly rules?: string | undefined;
  /** Takes a remark for the operator, without a final period. */
  readonly log: (line: string) => void;
  /** Makes the engine, or throws and leaves nothing behind. */
  readonly openEngine: () => Promise<Engine>;
}

/** A director that serves. */
export class Daemon {
  readonly #options: DaemonOptions;
  readonly #engine: Engine;
  #control: ControlSocket | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(options: DaemonOptions, engine: Engine) {
    this.#options = options;
    this.#engine = engine;
  }

  /**
   * Starts a director; it serves when the promise resolves.
   *
   * @throws SocketInUse when another one serves the socket
   * @throws RulesError, WantedError or KeepalivedError when the rules are broken
   * @throws Error when the device cannot be had, or the socket cannot be opened
   */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const { socket, log } = options;
    if ((await occupancy(socket)) === "in use") throw new SocketInUse(socket);
    const rules = await readRules(options.rules, { onRemark: (remark) => log(remarkText(remark)) });
    for (const line of await recover(socket)) log(line);
    await preparePath(socket);
    claim(options);
    const daemon = await Daemon.#open(options);
    try {
      await loadRules(rules, new NetlinkBackend(daemon.transport()));
      await daemon.#serve();
    } catch (error) {
      await daemon.stop();
      throw error;
    }
    return daemon;
  }

  static async #open(options: DaemonOptions): Promise<Daemon> {
    try {
      return new Daemon(options, await options.openEngine());
    } catch (error) {
      removeState(options.socket);
      throw error;
    }
  }

  /** Name of the device, such as `uipvs0`. */
  get deviceName(): string {
    return this.#engine.deviceName;
  }

  /** Returns a way to command it from this process. */
  transport(): Transport {
    return new EngineTransport(this.#engine);
  }

  /** Ends the service and leaves nothing behind. Calling it again waits for the same end. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    await this.#control?.close();
    // Should the engine fail to undo something, its error leaves the note for `uipvs down`.
    await this.#engine.close();
    removeState(this.#options.socket);
  }

  async #serve(): Promise<void> {
    await this.#engine.start();
    this.#control = await ControlSocket.listen(this.#options.socket, {
      answer: (message) => this.#engine.answer(message),
      refuse: refusal,
    });
  }
}

/** Leaves the note, or says who was quicker. */
function claim(options: DaemonOptions): void {
  const { socket, device, profile } = options;
  const identity = processIdentity(process.pid) ?? { pid: process.pid, startTicks: 0 };
  const namespace = networkNamespace();
  if (!claimState({ ...identity, socket, device, profile: profile.name, namespace })) {
    throw new SocketInUse(socket);
  }
}
