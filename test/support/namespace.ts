/**
 * Network namespaces for tests: a test file runs itself again in one of its own, where it is root.
 *
 *     if (inNamespace()) { t.test(…) } else runInNamespace(t, import.meta.url);
 *
 * Source: unshare(1), nsenter(1), user_namespaces(7).
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Test } from "tap";
import { lacking } from "./requirement.ts";
import { WITHOUT_HOOKS } from "./without-hooks.ts";

const MARK = "UIPVS_TEST_NAMESPACE";

/** A line of ip(8) about a link-local address. */
const LINK_LOCAL = /^.*\bfe80::.*\n/gm;

/** Whether this process runs in a network namespace made for it. */
export function inNamespace(): boolean {
  return process.env[MARK] === "1";
}

/** Runs a test file in a network namespace of its own, or skips and says what is lacking. */
export function runInNamespace(t: Test, url: string): void {
  const lack = lackOf();
  if (lack !== undefined) {
    t.pass("needs a network namespace", { skip: lacking(lack) });
    return;
  }
  const file = fileURLToPath(url);
  const words = ["-rn", ...WITHOUT_HOOKS, process.execPath, "--enable-source-maps", file];
  void t.spawn("unshare", words, {
    env: { ...process.env, [MARK]: "1" },
    name: "in a network namespace",
  });
}

/** Returns what keeps this host from making namespaces with TUN devices, as a sentence. */
export function lackOf(): string | undefined {
  if (process.platform !== "linux") return "Needs Linux";
  const tried = spawnSync("unshare", ["-rn", "ip", "link", "set", "lo", "up"], {
    encoding: "utf8",
  });
  if (tried.error !== undefined) return "Needs the programs unshare (util-linux) and ip (iproute2)";
  if (tried.status !== 0) return `Needs user and network namespaces: ${tried.stderr.trim()}`;
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
  } catch {
    return "Needs access to /dev/net/tun";
  }
  return undefined;
}

/** Runs ip(8) with arguments separated by spaces and returns what it prints. */
export function ip(line: string): string {
  return execFileSync("ip", line.split(" "), { encoding: "utf8" });
}

/** Another network namespace, held open by a process that sleeps. */
export class Peer {
  readonly #holder: ChildProcess;
  readonly #processes: ChildProcess[] = [];

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  /** Makes a namespace with its loopback up. */
  static async make(): Promise<Peer> {
    const holder = spawn(
      "unshare",
      ["-n", "sh", "-c", "ip link set lo up; echo up; exec sleep 600"],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    await once(holder.stdout, "data");
    return new Peer(holder);
  }

  /** Connects this namespace with the peer's by two interfaces and their addresses, up. */
  connect(
    own: { readonly name: string; readonly address: string },
    peers: { readonly name: string; readonly address: string },
  ): void {
    ip(`link add ${own.name} type veth peer name ${peers.name}`);
    ip(`link set ${peers.name} netns ${this.#holder.pid}`);
    ip(`address add ${own.address} dev ${own.name}`);
    ip(`link set ${own.name} up`);
    this.ip(`address add ${peers.address} dev ${peers.name}`);
    this.ip(`link set ${peers.name} up`);
  }

  /** Runs ip(8) there. */
  ip(line: string): string {
    const words = ["-t", String(this.#holder.pid), "-n", "ip", ...line.split(" ")];
    return execFileSync("nsenter", words, { encoding: "utf8" });
  }

  /** Reads a file of /proc as it is there, such as `net/snmp`. */
  read(name: string): string {
    return readFileSync(`/proc/${this.#holder.pid}/${name}`, "utf8");
  }

  /** Sets a setting below /proc/sys/net there. */
  set(name: string, value: string): void {
    const words = [
      "-t",
      String(this.#holder.pid),
      "-n",
      "sh",
      "-c",
      `echo ${value} > /proc/sys/${name}`,
    ];
    execFileSync("nsenter", words);
  }

  /**
   * Listens for UDP datagrams there.
   *
   * @returns what waits for the next: `SOURCE-ADDRESS:PORT LENGTH FIRST-BYTES`, or `nothing` after 10 s
   */
  async listen(address: string, port: number): Promise<() => Promise<string>> {
    const type = address.includes(":") ? "udp6" : "udp4";
    const lines = this.#run(`
      const socket = require("node:dgram").createSocket("${type}");
      socket.on("message", (data, { address, port }) =>
        console.log(\`\${address}:\${port} \${data.length} \${data.subarray(0, 10)}\`));
      socket.bind(${port}, "${address}", () => console.log("ready"));`);
    await lines();
    return lines;
  }

  /** Sends one UDP datagram from there. */
  async send(text: string, port: number, address: string): Promise<void> {
    const type = address.includes(":") ? "udp6" : "udp4";
    const lines = this.#run(`
      const socket = require("node:dgram").createSocket("${type}");
      socket.send("${text}", ${port}, "${address}", () => { console.log("sent"); socket.close(); });`);
    await lines();
  }

  /** Runs JavaScript (CommonJS) there and returns what waits for its next line. */
  #run(script: string): () => Promise<string> {
    const words = ["-t", String(this.#holder.pid), "-n", process.execPath, "-e", script];
    const child = spawn("nsenter", words, { stdio: ["ignore", "pipe", "inherit"] });
    this.#processes.push(child);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    return async () => {
      const none = sleep(10_000, undefined, { ref: false });
      return (await Promise.race([lines.next(), none]))?.value ?? "nothing";
    };
  }

  /** Ends what runs there, and the namespace with it. */
  close(): void {
    for (const child of [...this.#processes, this.#holder]) child.kill("SIGKILL");
  }
}

/**
 * Returns all a running director may change of this namespace, as text that can be compared.
 *
 * Link-local addresses are left out: the kernel makes them, and has them ready a second or two later.
 */
export function hostState(): string {
  const commands = ["rule", "-6 rule", "route show table all", "-6 route show table all", "link"];
  const settings = [
    "net/ipv4/ip_forward",
    "net/ipv4/ip_early_demux",
    ...settingsIn("net/ipv4/conf"),
    ...settingsIn("net/ipv6/conf"),
  ];
  return [
    ...commands.map((command) => `# ip ${command}\n${ip(command).replaceAll(LINK_LOCAL, "")}`),
    ...settings.map((name) => `${name} = ${settingValue(name)}`),
  ].join("\n");
}

function settingsIn(folder: string): readonly string[] {
  return readdirSync(`/proc/sys/${folder}`).flatMap((name) =>
    readdirSync(`/proc/sys/${folder}/${name}`).map((setting) => `${folder}/${name}/${setting}`),
  );
}

function settingValue(name: string): string {
  try {
    return readFileSync(`/proc/sys/${name}`, "utf8").trim();
  } catch (error) {
    // Some cannot be read before they are set, such as stable_secret.
    return (error as NodeJS.ErrnoException).code ?? "unreadable";
  }
}
