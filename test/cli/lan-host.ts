/**
 * A host beside this network namespace: a namespace of its own, connected with one link.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { ip } from "../support/namespace.ts";

/** One neighbouring host, which lives as long as its processes. */
export class LanHost {
  readonly #holder: ChildProcess;
  readonly #processes: ChildProcess[] = [];

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  /**
   * Makes a host whose way to everywhere is this namespace.
   *
   * @param network its first three octets; this namespace is .1
   * @param octet the host's last one
   */
  static async make(link: string, network: string, octet = 2): Promise<LanHost> {
    const holder = spawn("unshare", ["-n", "sh", "-c", "echo up; exec sleep 600"]);
    await once(holder.stdout, "data");
    const host = new LanHost(holder);
    ip(`link add ${link} type veth peer name eth0 netns ${holder.pid}`);
    // An IPv6 address would appear some time later, in the midst of a comparison.
    ip(`link set ${link} addrgenmode none`);
    ip(`address add ${network}.1/24 dev ${link}`);
    ip(`link set ${link} up`);
    for (const line of ["link set lo up", `address add ${network}.${octet}/24 dev eth0`])
      host.ip(line);
    for (const line of ["link set eth0 up", `route add default via ${network}.1`]) host.ip(line);
    return host;
  }

  /** Runs JavaScript (CommonJS) there, and returns its output once it has ended. */
  async run(script: string): Promise<string> {
    const child = this.start(script);
    let said = "";
    child.stdout?.on("data", (chunk) => {
      said += chunk;
    });
    await once(child, "close");
    return said;
  }

  /** Starts JavaScript (CommonJS) there. */
  start(script: string): ChildProcess {
    return this.startProgram(process.execPath, ["-e", script]);
  }

  /** Starts a program there. */
  startProgram(program: string, words: readonly string[]): ChildProcess {
    const child = spawn("nsenter", [...this.#door(), program, ...words]);
    this.#processes.push(child);
    return child;
  }

  /** Ends what runs there, and the host with it. */
  close(): void {
    for (const child of [...this.#processes, this.#holder]) child.kill("SIGKILL");
  }

  /** Runs `ip` there. */
  ip(line: string): void {
    execFileSync("nsenter", [...this.#door(), "ip", ...line.split(" ")]);
  }

  #door(): readonly string[] {
    return ["-t", String(this.#holder.pid), "-n"];
  }
}
