/**
 * Two directors that share a virtual address by VRRP, a client and a real server.
 *
 *     client ---+--- first  ---+--- server          masquerading: what the server sends goes back
 *               +--- second ---+                    through whoever has the inner virtual address
 *
 *     client ---+--- first, second, server          direct routing: all on one segment
 *
 * @module
 */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Test } from "tap";
import { startProgram } from "../../src/lab/host-program.ts";
import type { HostProgram, NamespaceHost } from "../../src/lab/namespace-host.ts";
import { type HostPlan, Topology } from "../../src/lab/topology.ts";
import { helperWords, UIPVS } from "./laboratory.ts";

export const VIRTUAL_ADDRESS = "192.168.1.100";
const GATEWAY = "172.16.16.1";
const PORT = 80;

export type Method = "masquerade" | "direct-route";

const DIRECTORS = ["first", "second"] as const;
export type DirectorName = (typeof DIRECTORS)[number];

const SERVER: Readonly<Record<Method, string>> = {
  masquerade: "172.16.16.10",
  "direct-route": "192.168.1.20",
};

function hosts(method: Method): readonly HostPlan[] {
  const inside = method === "masquerade";
  return [
    {
      name: "client",
      links: [{ name: "eth0", segment: "outside", addresses: ["192.168.1.10/24"] }],
      // What waits unread is little: a download goes only as far as its director does.
      sysctls: { "net/ipv4/tcp_rmem": "4096 131072 1048576" },
    },
    ...DIRECTORS.map((name, index) => ({
      name,
      links: [
        { name: "eth0", segment: "outside", addresses: [`192.168.1.${index + 2}/24`] },
        { name: "eth1", segment: "inside", addresses: [`172.16.16.${index + 2}/24`] },
      ],
      sysctls: { "net/ipv4/conf/all/send_redirects": 0, "net/ipv4/conf/all/rp_filter": 0 },
    })),
    {
      name: "server",
      links: [
        {
          name: "eth0",
          segment: inside ? "inside" : "outside",
          addresses: [`${SERVER[method]}/24`],
        },
      ],
      ...(inside
        ? { routes: [`default via ${GATEWAY}`] }
        : {
            loopback: [`${VIRTUAL_ADDRESS}/32`],
            sysctls: { "net/ipv4/conf/all/arp_ignore": 1, "net/ipv4/conf/all/arp_announce": 2 },
          }),
    },
  ];
}

/**
 * While no director runs, the host must not answer in its place, nor pass on what it would have translated:
 * packets of the service go into the director's interface, or nowhere.
 */
const SILENCE = `
table inet uipvs_failover {
  chain arrived {
    type filter hook input priority 0;
    iifname != "uipvs0*" ip daddr ${VIRTUAL_ADDRESS} tcp dport ${PORT} drop
  }
  chain passing {
    type filter hook forward priority 0;
    oifname != "uipvs0*" ip saddr ${SERVER.masquerade} tcp sport ${PORT} drop
  }
}
`;

/** keepalived moves the addresses to whoever has a living director and the higher priority. */
function vrrp(name: DirectorName, pid: number): string {
  return `
global_defs {
  router_id ${name}
  script_user root
  vrrp_version 3
}
vrrp_script director {
  script "/bin/kill -0 ${pid}"
  interval 1
  fall 1
  rise 1
}
vrrp_instance service {
  state ${name === "first" ? "MASTER" : "BACKUP"}
  interface eth0
  virtual_router_id 51
  priority ${name === "first" ? 150 : 100}
  advert_int 1
  garp_master_delay 1
  virtual_ipaddress {
    ${VIRTUAL_ADDRESS}/32 dev eth0
    ${GATEWAY}/24 dev eth1
  }
  track_script {
    director
  }
}
`;
}

/** The pair, running. */
export class DirectorPair {
  readonly #topology: Topology;
  readonly #directors = new Map<DirectorName, HostProgram>();

  private constructor(topology: Topology) {
    this.#topology = topology;
  }

  /** Builds everything; the first director has the addresses when this returns. Goes with the test. */
  static async start(t: Test, method: Method, synchronised: boolean): Promise<DirectorPair> {
    const topology = await Topology.build({ hosts: hosts(method) });
    t.teardown(() => topology.stop());
    const pair = new DirectorPair(topology);
    await startProgram(topology.host("server"), helperWords("keep-alive-server", String(PORT)));
    for (const name of DIRECTORS) await pair.#startDirector(name, method, synchronised);
    for (const name of DIRECTORS) {
      await pair.#startVrrp(name);
      await pair.#hasAddress("first");
    }
    return pair;
  }

  host(name: DirectorName | "client" | "server"): NamespaceHost {
    return this.#topology.host(name);
  }

  /** Runs `uipvsadm` for a director and returns what it prints. */
  uipvsadm(name: DirectorName, ...args: readonly string[]): Promise<string> {
    const host = this.host(name);
    const words = [...UIPVS, "ipvsadm", ...args];
    return host.mustRun(words, { env: { UIPVS_SOCKET: socketOf(host) } });
  }

  /** Kills the first director, and returns when the second has the addresses. */
  async fail(): Promise<void> {
    const director = this.#directors.get("first")!;
    const closed = once(director, "close");
    process.kill(-director.pid!, "SIGKILL");
    await closed;
    await this.#hasAddress("second");
  }

  async #startDirector(name: DirectorName, method: Method, synchronised: boolean): Promise<void> {
    const host = this.host(name);
    const rules = join(host.folder, "rules");
    const flag = method === "masquerade" ? "-m" : "-g";
    const service = `-t ${VIRTUAL_ADDRESS}:${PORT}`;
    writeFileSync(
      rules,
      `-A ${service} -s rr\n-a ${service} -r ${SERVER[method]}:${PORT} ${flag}\n`,
    );
    await host.mustRun(["nft", "-f", "-"], { stdin: SILENCE });
    const words = [...UIPVS, "up", "--socket", socketOf(host), "--rules", rules];
    this.#directors.set(name, await startProgram(host, words, "guarded"));
    if (synchronised) {
      for (const role of ["master", "backup"]) {
        await this.uipvsadm(name, "--start-daemon", role, "--mcast-interface", "eth1");
      }
    }
  }

  async #startVrrp(name: DirectorName): Promise<void> {
    const host = this.host(name);
    const status = await host.mustRun([...UIPVS, "status", "--json", "--socket", socketOf(host)]);
    const configuration = join(host.folder, "keepalived.conf");
    writeFileSync(configuration, vrrp(name, JSON.parse(status).pid));
    host
      .spawnGuarded([
        "keepalived",
        "--vrrp",
        "--dont-fork",
        "--log-console",
        `--use-file=${configuration}`,
        `--pid=${join(host.folder, "keepalived.pid")}`,
        `--vrrp_pid=${join(host.folder, "vrrp.pid")}`,
      ])
      .stderr.resume();
  }

  async #hasAddress(name: DirectorName): Promise<void> {
    for (let look = 0; look < 150; look++) {
      const addresses = await this.host(name).mustRun(["ip", "-brief", "address", "show", "eth0"]);
      if (addresses.includes(VIRTUAL_ADDRESS)) return;
      await pause(100);
    }
    throw new Error(`The ${name} director has no virtual address after 15 s`);
  }
}

function socketOf(host: NamespaceHost): string {
  return join(host.folder, "control.sock");
}
