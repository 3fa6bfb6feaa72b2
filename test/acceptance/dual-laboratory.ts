/**
 * A laboratory of both families for the acceptance tests.
 *
 *     client .10 ──┬── .1  director  .1 ──┬── .2 web2
 *                  │   .100 (VIP)         └── .3 web3
 *                  └── eth1 of the web servers, for DR and TUN: .2 and .3
 *
 * Outside is 192.168.1.0/24 and 2001:db8:1::/64, inside 172.16.16.0/24 and 2001:db8:2::/64. The last
 * octet, in hexadecimal or not, is the last group: 2001:db8:1::10 is the client.
 *
 * @module
 */
import { join } from "node:path";
import type { Test } from "tap";
import type { LabDevice } from "../../src/lab/demo/namespaces.ts";
import { programWords, startProgram } from "../../src/lab/host-program.ts";
import type { NamespaceHost } from "../../src/lab/namespace-host.ts";
import { type HostPlan, Topology } from "../../src/lab/topology.ts";
import { helperWords, UIPVS } from "./laboratory.ts";

/** Addresses of one family. */
export interface Addresses {
  readonly family: 4 | 6;
  readonly client: string;
  /** The virtual address. */
  readonly virtual: string;
  /** The director's own address on the client's side. */
  readonly outside: string;
  /** The director's own address on the real servers' side. */
  readonly inside: string;
  /** Those of `SERVERS`. */
  readonly servers: readonly string[];
}

/** Names of the real servers. */
export const SERVERS = ["web2", "web3"] as const;

export const V4: Addresses = {
  family: 4,
  client: "192.168.1.10",
  virtual: "192.168.1.100",
  outside: "192.168.1.1",
  inside: "172.16.16.1",
  servers: ["172.16.16.2", "172.16.16.3"],
};

export const V6: Addresses = {
  family: 6,
  client: "2001:db8:1::10",
  virtual: "2001:db8:1::100",
  outside: "2001:db8:1::1",
  inside: "2001:db8:2::1",
  servers: ["2001:db8:2::2", "2001:db8:2::3"],
};

/** Port the GUE tunnels of the real servers end at. */
export const GUE_PORT = 6080;

const TUNNEL = "tunl1";

const PLAN: readonly HostPlan[] = [
  {
    name: "client",
    links: [{ name: "eth0", segment: "outside", addresses: own(V4.client, V6.client) }],
    routes: [`2001:db8:77::/64 via ${V6.outside}`],
  },
  {
    name: "director",
    links: [
      {
        name: "eth0",
        segment: "outside",
        addresses: [...own(V4.outside, V6.outside), `${V4.virtual}/32`, `${V6.virtual}/128 nodad`],
      },
      { name: "eth1", segment: "inside", addresses: own(V4.inside, V6.inside) },
    ],
    sysctls: { "net/ipv4/ip_forward": 1, "net/ipv6/conf/all/forwarding": 1 },
  },
  ...SERVERS.map((name, index) => ({
    name,
    links: [
      { name: "eth0", segment: "inside", addresses: own(V4.servers[index], V6.servers[index]) },
      {
        name: "eth1",
        segment: "outside",
        addresses: own(`192.168.1.${index + 2}`, `2001:db8:1::${index + 2}`),
        down: true,
      },
    ],
    routes: [`default via ${V4.inside}`, `default via ${V6.inside}`],
    sysctls: { "net/ipv4/conf/all/rp_filter": 0, "net/ipv4/conf/default/rp_filter": 0 },
  })),
];

/** Gives a real server a direct way to the client and the virtual addresses, and keeps it quiet. */
const OWN_VIRTUAL_ADDRESSES = [
  "echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore",
  "echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce",
  `ip addr add ${V4.virtual}/32 dev lo`,
  `ip addr add ${V6.virtual}/128 dev lo nodad`,
  "ip link set eth1 up",
  `ip link set ${TUNNEL} up`,
].join(" && ");

/** Undoes it. */
const DISOWN_VIRTUAL_ADDRESSES = [
  `ip addr del ${V4.virtual}/32 dev lo`,
  `ip addr del ${V6.virtual}/128 dev lo`,
  "ip link set eth1 down",
  // With its link it has lost its way.
  `ip route replace default via ${V4.inside}`,
].join(" && ");

/** Hosts that are up, with page servers, the ends of tunnels, and a director without rules. */
export class DualLaboratory {
  readonly #topology: Topology;
  #direct = false;

  private constructor(topology: Topology) {
    this.#topology = topology;
  }

  /** Builds a laboratory that goes with the test. */
  static async build(t: Test, device: LabDevice = "tun"): Promise<DualLaboratory> {
    const topology = await Topology.build({ hosts: PLAN });
    t.teardown(() => topology.stop());
    const lab = new DualLaboratory(topology);
    await Promise.all([
      startProgram(
        lab.host("director"),
        [...UIPVS, "up", "--socket", lab.socket, "--device", device],
        "guarded",
      ),
      ...SERVERS.flatMap((name) => [
        startProgram(lab.host(name), helperWords("page-server", name, "80")),
        startProgram(lab.host(name), programWords("decapsulator", TUNNEL, `${GUE_PORT}`)),
      ]),
    ]);
    return lab;
  }

  host(name: string): NamespaceHost {
    return this.#topology.host(name);
  }

  /** Path of the director's control socket. */
  get socket(): string {
    return join(this.host("director").folder, "control.sock");
  }

  /**
   * Gives the director these rules and no others, one line each.
   *
   * @param direct whether the real servers are to have the virtual addresses and answer by themselves
   */
  async arrange(t: Test, direct: boolean, rules: readonly string[]): Promise<void> {
    if (direct !== this.#direct) {
      const line = direct ? OWN_VIRTUAL_ADDRESSES : DISOWN_VIRTUAL_ADDRESSES;
      await Promise.all(SERVERS.map((name) => this.host(name).mustRun(["sh", "-c", line])));
      this.#direct = direct;
    }
    const words = [...UIPVS, "ipvsadm"];
    const env = { UIPVS_SOCKET: this.socket };
    for (const [verb, stdin] of [
      ["-C", ""],
      ["-R", `${rules.join("\n")}\n`],
    ] as const) {
      const obeyed = await this.host("director").run([...words, verb], { env, stdin });
      t.match(obeyed, { status: 0, stdout: "", stderr: "" });
    }
  }

  /** Returns the director's connections as ipvsadm lists them, a line each. */
  async connections(): Promise<readonly string[]> {
    const env = { UIPVS_SOCKET: this.socket };
    const listed = await this.host("director").run([...UIPVS, "ipvsadm", "-Lnc"], { env });
    return listed.stdout.split("\n");
  }

  /** Returns what the director has dropped, by reason. */
  async drops(): Promise<Readonly<Record<string, number>>> {
    const words = [...UIPVS, "status", "--json", "--socket", this.socket];
    return JSON.parse(await this.host("director").mustRun(words)).drops;
  }
}

/** Returns an end as uipvsadm and URLs write it. */
export function end(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Returns the rules of a service at a virtual address, with all real servers of a family. */
export function rulesOf(
  protocol: "-t" | "-u",
  { virtual }: Addresses,
  port: number,
  servers: Addresses,
  serverPort: number,
  options: string,
): readonly string[] {
  const service = `${protocol} ${end(virtual, port)}`;
  return [
    `-A ${service} -s rr`,
    ...servers.servers.map((address) => `-a ${service} -r ${end(address, serverPort)} ${options}`),
  ];
}

function own(four = "", six = ""): readonly string[] {
  return [`${four}/24`, `${six}/64 nodad`];
}
