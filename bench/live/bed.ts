/**
 * The network of the live benchmark: a client, a director and two real servers, each a namespace.
 *
 *     client .10 ── 192.168.1.0/24 ── .1, .100 director .1 ──┬── 172.16.1.0/24 ── .2 web1
 *                                                            └── 172.16.2.0/24 ── .2 web2
 *
 * The links are pairs of virtual Ethernets, with nothing between their ends. Whatever balances has the address
 * 192.168.1.100 on the director.
 *
 * @module
 */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { NamespaceHost } from "../../src/lab/namespace-host.ts";

export const VIRTUAL = "192.168.1.100";
export const REAL = ["172.16.1.2", "172.16.2.2"] as const;
export const HTTP = 80;
export const IPERF = 5201;

/** What the director's side of the network is made of; whoever takes its place has the same. */
export const DIRECTOR_ADDRESSES = [
  { link: "outside", addresses: ["192.168.1.1/24", `${VIRTUAL}/32`] },
  { link: "inside1", addresses: ["172.16.1.1/24"] },
  { link: "inside2", addresses: ["172.16.2.1/24"] },
] as const;

/**
 * For who opens thousands of connections a second, each of which keeps its port for a minute: with the usual
 * 28,000 ports these run out, and proxies come to a halt. Source: Documentation/networking/ip-sysctl.rst.
 */
const MANY_CONNECTIONS = {
  "net/ipv4/ip_local_port_range": "10000 65535",
  "net/ipv4/tcp_tw_reuse": 1,
} as const;

/** Ticks of the processor's accounts a second: proc(5), sysconf(3) _SC_CLK_TCK. */
const TICKS = 100;

/** A network that is up, with servers that serve. */
export class Bed {
  readonly client: NamespaceHost;
  readonly director: NamespaceHost;
  readonly #hosts: readonly NamespaceHost[];

  private constructor(hosts: readonly [NamespaceHost, NamespaceHost, ...NamespaceHost[]]) {
    this.#hosts = hosts;
    [this.client, this.director] = hosts;
  }

  /** @throws Error when namespaces are refused, or a server does not start; nothing is left then */
  static async build(): Promise<Bed> {
    const hosts: NamespaceHost[] = [];
    try {
      for (const name of ["client", "director", "web1", "web2"]) {
        hosts.push(await NamespaceHost.start(name));
      }
      const [client, director, ...servers] = hosts as [NamespaceHost, NamespaceHost];
      const bed = new Bed([client, director, ...servers]);
      await bed.#connect(servers);
      for (const [index, server] of servers.entries()) serve(server, REAL[index]!);
      await bed.#awaitServers();
      return bed;
    } catch (error) {
      await Promise.all(hosts.map((host) => host.stop()));
      throw error;
    }
  }

  /** Gives the director its addresses, or takes them away. */
  async setAddresses(present: boolean): Promise<void> {
    await this.director.ip(
      DIRECTOR_ADDRESSES.flatMap(({ link, addresses }) =>
        addresses.map((address) => `addr ${present ? "add" : "del"} ${address} dev ${link}`),
      ),
    );
  }

  /** Returns the seconds of the processor that programs on the director have used. */
  processorTime(): number {
    const namespace = readlinkSync(`/proc/${this.director.pid}/ns/net`);
    let ticks = 0;
    for (const name of readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        if (readlinkSync(`/proc/${name}/ns/net`) !== namespace) continue;
        // Behind the name, which may hold anything: utime and stime are the 12th and 13th from there.
        const stat = readFileSync(`/proc/${name}/stat`, "latin1").split(") ").at(-1)!.split(" ");
        ticks += Number(stat[11]) + Number(stat[12]);
      } catch {
        // It has ended.
      }
    }
    return ticks / TICKS;
  }

  /** Waits until a page comes from an address, for 30 s at most. */
  async awaitPage(address: string): Promise<void> {
    for (let tries = 0; tries < 150; tries++) {
      const words = ["curl", "-s", "-m", "1", "-o", "/dev/null", `http://${address}:${HTTP}/`];
      if ((await this.client.run(words)).status === 0) return;
      await pause(200);
    }
    throw new Error(`No page comes from ${address}`);
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.stop()));
  }

  async #connect(servers: readonly NamespaceHost[]): Promise<void> {
    const { client, director } = this;
    await director.ip([
      "link set lo up",
      `link add outside type veth peer name eth0 netns ${client.pid}`,
      ...servers.map(
        ({ pid }, index) => `link add inside${index + 1} type veth peer name eth0 netns ${pid}`,
      ),
      ...DIRECTOR_ADDRESSES.map(({ link }) => `link set ${link} up`),
    ]);
    await this.setAddresses(true);
    await director.setSysctls({ "net/ipv4/ip_forward": 1 });
    for (const host of [client, director]) await host.setSysctls(MANY_CONNECTIONS);
    const ends = [
      { host: client, address: "192.168.1.10/24", gateway: "192.168.1.1" },
      ...servers.map((host, index) => ({
        host,
        address: `${REAL[index]}/24`,
        gateway: `172.16.${index + 1}.1`,
      })),
    ];
    for (const { host, address, gateway } of ends) {
      await host.ip([
        "link set lo up",
        `addr add ${address} dev eth0`,
        "link set eth0 up",
        `route add default via ${gateway}`,
      ]);
    }
  }

  async #awaitServers(): Promise<void> {
    for (const address of REAL) await this.awaitPage(address);
  }
}

/** Starts the servers of a real server. */
function serve(server: NamespaceHost, address: string): void {
  const config = join(server.folder, "nginx.conf");
  writeFileSync(
    config,
    `daemon off; pid ${server.folder}/nginx.pid; error_log /dev/null; worker_processes 1;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000;
  server { listen ${address}:${HTTP} backlog=4096; location / { return 200 "hello\\n"; } }
}
`,
  );
  server.spawnGuarded(["nginx", "-c", config]);
  server.spawnGuarded(["iperf3", "--server", "--port", `${IPERF}`]);
}
