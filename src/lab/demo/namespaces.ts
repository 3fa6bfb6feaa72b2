/**
 * The laboratory of the demo in network namespaces: real packets, real web servers, and the director
 * as an administrator would start it.
 *
 * @module
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Milliseconds } from "../../base/clock.ts";
import { insideUserNamespace } from "../ground.ts";
import { programWords, startProgram } from "../host-program.ts";
import { endProgram, type HostProgram, type NamespaceHost } from "../namespace-host.ts";
import { Topology } from "../topology.ts";
import type { WebAnswer, WebOrder } from "../web-order.ts";
import {
  type LabMethod,
  type Laboratory,
  type Obeyed,
  REAL_SERVERS,
  type RealServer,
  VIRTUAL,
} from "./laboratory.ts";
import {
  DISOWN_VIRTUAL_ADDRESS,
  MAKE_TUNNEL,
  OWN_VIRTUAL_ADDRESS,
  PLAN,
  TUNNEL_INTERFACE,
} from "./plan.ts";

const ANSWER_TIMEOUT: Milliseconds = 6000;

/** Where the commands of the package are. */
const BIN = join(dirname(createRequire(import.meta.url).resolve("uipvs/package.json")), "bin");

/** Prompt before commands that are run on all real servers. */
const WEB_PROMPT = "web2,3,4# ";

/** Devices a director of the laboratory can have. */
export type LabDevice = "ring" | "tun" | "cap";

/** Hosts in namespaces. */
export class NamespaceLaboratory implements Laboratory {
  readonly description: string;
  readonly #topology: Topology;
  readonly #client: HostProgram;
  readonly #device: LabDevice;
  readonly #waiting = new Map<number, (answer: WebAnswer) => void>();
  readonly #tunnels: HostProgram[] = [];
  #method: LabMethod = "masquerade";
  #director: HostProgram | undefined;
  #requests = 0;
  #closed = false;

  private constructor(topology: Topology, client: HostProgram, device: LabDevice) {
    this.#topology = topology;
    this.#device = device;
    this.#client = client;
    const where = insideUserNamespace() ? " of a user namespace" : "";
    this.description = `Five hosts in network namespaces${where}: client, director, web2, web3, web4`;
    createInterface({ input: client.stdout }).on("line", (line) => {
      const answer = JSON.parse(line) as WebAnswer;
      this.#waiting.get(answer.id)?.(answer);
    });
  }

  /**
   * Builds the hosts and starts their programs, all but the director.
   *
   * @param device of the director
   * @throws Error when something is refused; nothing is left then
   */
  static async build(device: LabDevice = "tun"): Promise<NamespaceLaboratory> {
    const topology = await Topology.build(PLAN);
    try {
      const [client] = await Promise.all([
        startProgram(topology.host("client"), programWords("web-client")),
        ...REAL_SERVERS.map(({ name }) =>
          startProgram(topology.host(name), programWords("web-server", name, `${VIRTUAL.port}`)),
        ),
      ]);
      return new NamespaceLaboratory(topology, client, device);
    } catch (error) {
      await topology.stop();
      throw error;
    }
  }

  async arrange(method: LabMethod, show: (line: string) => void): Promise<void> {
    this.#checkOpen();
    if (this.#director !== undefined) await endProgram(this.#director);
    await this.#leave(this.#method, method, show);
    await this.#enter(this.#method, method, show);
    this.#method = method;
    show(`director# uipvs up --device ${this.#device}`);
    this.#director = await this.#startDirector();
  }

  async uipvsadm(words: readonly string[], input: string): Promise<Obeyed> {
    this.#checkOpen();
    const { status, stdout, stderr } = await this.#topology
      .host("director")
      .run([process.execPath, join(BIN, "uipvsadm.js"), ...words], {
        env: { UIPVS_SOCKET: this.socket },
        stdin: input,
      });
    return { status, output: stdout + stderr };
  }

  async request(order: WebOrder): Promise<WebAnswer> {
    this.#checkOpen();
    const id = this.#requests++;
    const start = performance.now();
    const answered = new Promise<WebAnswer>((resolve) => {
      this.#waiting.set(id, resolve);
    });
    const silence = (): WebAnswer => {
      return { id, time: performance.now() - start, fault: "the web client is silent" };
    };
    const impatience = setTimeout(() => this.#waiting.get(id)?.(silence()), ANSWER_TIMEOUT);
    this.#client.stdin.write(`${JSON.stringify({ ...order, id })}\n`);
    const answer = await answered;
    clearTimeout(impatience);
    this.#waiting.delete(id);
    return { ...answer, id: order.id };
  }

  directions(): readonly string[] {
    const user = insideUserNamespace() ? "-U --preserve-credentials " : "";
    return [
      ...this.#topology.hosts.map(
        (host) => `${host.name.padEnd(9)} nsenter -t ${host.pid} ${user}-n`,
      ),
      "On the director:",
      `  export UIPVS_SOCKET=${this.socket}`,
      `  node ${join(BIN, "uipvsadm.js")} -L -n`,
      "On the client:",
      `  curl http://${VIRTUAL.address}/`,
    ];
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#topology.stop();
    const fault = "the laboratory was closed";
    for (const [id, answer] of this.#waiting) answer({ id, time: 0, fault });
  }

  /**
   * Returns the host of a name: `client`, `director` or that of a real server.
   *
   * @throws RangeError for any other name
   */
  host(name: string): NamespaceHost {
    return this.#topology.host(name);
  }

  /** Path of the director's control socket. */
  get socket(): string {
    return join(this.#topology.host("director").folder, "control.sock");
  }

  #checkOpen(): void {
    if (this.#closed) throw new Error("Cannot use the laboratory: it was closed");
  }

  async #startDirector(): Promise<HostProgram> {
    const words = ["up", "--socket", this.socket, "--device", this.#device];
    const host = this.#topology.host("director");
    return startProgram(host, [process.execPath, join(BIN, "uipvs.js"), ...words], "guarded");
  }

  /** Undoes on the real servers what the next method has no use for. */
  async #leave(last: LabMethod, next: LabMethod, show: (line: string) => void): Promise<void> {
    if (last === "tunnel" && next !== "tunnel") {
      await Promise.all(this.#tunnels.splice(0).map(endProgram));
      await this.#onWebServers(`ip link del ${TUNNEL_INTERFACE} 2>/dev/null || true`);
    }
    if (last !== "masquerade" && next === "masquerade") {
      for (const line of DISOWN_VIRTUAL_ADDRESS) await this.#onWebServers(line, show);
    }
  }

  /** Makes the real servers ready for the next method. */
  async #enter(last: LabMethod, next: LabMethod, show: (line: string) => void): Promise<void> {
    if (last === "masquerade" && next !== "masquerade") {
      for (const line of OWN_VIRTUAL_ADDRESS) await this.#onWebServers(line, show);
    }
    if (last !== "tunnel" && next === "tunnel") {
      await this.#makeTunnels(show);
      await this.#onWebServers(`ip link set ${TUNNEL_INTERFACE} up`, show);
    }
  }

  async #makeTunnels(show: (line: string) => void): Promise<void> {
    try {
      await this.#onWebServers(MAKE_TUNNEL);
      show(WEB_PROMPT + MAKE_TUNNEL);
    } catch {
      show("(this kernel has no ipip driver: a small program on a TUN device unpacks instead)");
      const words = programWords("decapsulator", TUNNEL_INTERFACE);
      const starts = REAL_SERVERS.map(({ name }) => startProgram(this.#topology.host(name), words));
      this.#tunnels.push(...(await Promise.all(starts)));
    }
  }

  async #onWebServers(line: string, show?: (line: string) => void): Promise<void> {
    show?.(WEB_PROMPT + line);
    const run = ({ name, address }: RealServer) =>
      this.#topology.host(name).mustRun(["sh", "-c", line], { env: { RIP: address } });
    await Promise.all(REAL_SERVERS.map(run));
  }
}
