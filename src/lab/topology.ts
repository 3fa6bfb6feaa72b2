/**
 * A small network from a plain description: hosts, the segments they share, addresses and routes.
 *
 * Every host is a network namespace; every segment is a bridge in one more namespace, the switch.
 * Nothing is visible outside, and all of it goes with `stop`, or with the process that built it.
 *
 * @module
 */
import { NamespaceHost } from "./namespace-host.ts";

/** One network card of a host. */
export interface LinkPlan {
  /** Name of the interface, such as `eth0`; at most 15 bytes. */
  readonly name: string;
  /** Name of the segment it is plugged into. */
  readonly segment: string;
  /** Addresses with prefix length: `192.168.1.10/24`. */
  readonly addresses: readonly string[];
  /** Whether it is down at first. */
  readonly down?: boolean;
  /** Link address, as `02:00:00:00:00:01`; the kernel draws one unless given. */
  readonly mac?: string | undefined;
}

/** One host. */
export interface HostPlan {
  readonly name: string;
  readonly links: readonly LinkPlan[];
  /** Addresses on the loopback besides 127.0.0.1, with prefix length. */
  readonly loopback?: readonly string[];
  /** Routes in the words of `ip route add`: `default via 172.16.16.1`. Added after links are up. */
  readonly routes?: readonly string[];
  /** Kernel parameters by path below `/proc/sys/`. Set once the interfaces exist. */
  readonly sysctls?: Readonly<Record<string, string | number>>;
}

/** A network. Segments are those the links name. */
export interface TopologyPlan {
  readonly hosts: readonly HostPlan[];
}

/** Two ends of a cable: the host's interface and the port of the switch. */
interface Cable {
  readonly host: NamespaceHost;
  readonly link: LinkPlan;
  /** Name of the port in the switch. */
  readonly port: string;
}

/** A network that is up. */
export class Topology {
  readonly #hosts = new Map<string, NamespaceHost>();
  readonly #all: NamespaceHost[] = [];

  private constructor() {}

  /**
   * Builds a network.
   *
   * @throws Error when namespaces, links or addresses are refused; nothing is left then
   */
  static async build(plan: TopologyPlan): Promise<Topology> {
    const topology = new Topology();
    try {
      await topology.#build(plan);
      return topology;
    } catch (error) {
      await topology.stop();
      throw error;
    }
  }

  /**
   * Returns the host of a name.
   *
   * @throws RangeError when the plan had none of that name
   */
  host(name: string): NamespaceHost {
    const host = this.#hosts.get(name);
    if (host === undefined) {
      const known = [...this.#hosts.keys()].join(", ");
      throw new RangeError(`Unknown host "${name}": must be one of ${known}`);
    }
    return host;
  }

  /** Hosts of the plan, in its order. */
  get hosts(): readonly NamespaceHost[] {
    return [...this.#hosts.values()];
  }

  /** Ends all hosts with everything in them. Calling it again does nothing. */
  async stop(): Promise<void> {
    await Promise.all(this.#all.map((host) => host.stop()));
  }

  async #build(plan: TopologyPlan): Promise<void> {
    const names = ["switch", ...plan.hosts.map((host) => host.name)];
    const starts = names.map(async (name) => {
      const host = await NamespaceHost.start(name);
      this.#all.push(host);
      return host;
    });
    // Wait for all, also after a failure: whatever was started is to be stopped.
    const started: NamespaceHost[] = [];
    for (const outcome of await Promise.allSettled(starts)) {
      if (outcome.status === "rejected") throw outcome.reason;
      started.push(outcome.value);
    }
    const [theSwitch, ...hosts] = started as [NamespaceHost, ...NamespaceHost[]];
    for (const host of hosts) this.#hosts.set(host.name, host);
    await theSwitch.ip(switchLines(cablesOf(plan, hosts)));
    await Promise.all(plan.hosts.map((host) => configure(this.host(host.name), host)));
  }
}

function cablesOf(plan: TopologyPlan, hosts: readonly NamespaceHost[]): readonly Cable[] {
  const cables: Cable[] = [];
  plan.hosts.forEach((hostPlan, index) => {
    for (const link of hostPlan.links) {
      cables.push({ host: hosts[index]!, link, port: `port${cables.length}` });
    }
  });
  return cables;
}

function switchLines(cables: readonly Cable[]): readonly string[] {
  const segments = new Set(cables.map(({ link }) => link.segment));
  const bridges = [...segments].map((name, index) => ({ name, bridge: `bridge${index}` }));
  const bridgeOf = new Map(bridges.map(({ name, bridge }) => [name, bridge]));
  return [
    ...bridges.flatMap(({ bridge }) => [`link add ${bridge} type bridge`, `link set ${bridge} up`]),
    ...cables.flatMap(({ host, link, port }) => [
      `link add ${port} type veth peer name ${link.name}${addressOf(link)} netns ${host.pid}`,
      `link set ${port} master ${bridgeOf.get(link.segment)} up`,
    ]),
  ];
}

function addressOf({ mac }: LinkPlan): string {
  return mac === undefined ? "" : ` address ${mac}`;
}

async function configure(host: NamespaceHost, plan: HostPlan): Promise<void> {
  await host.ip([
    "link set lo up",
    ...(plan.loopback ?? []).map((address) => `addr add ${address} dev lo`),
    ...plan.links.flatMap((link) => [
      ...link.addresses.map((address) => `addr add ${address} dev ${link.name}`),
      ...(link.down ? [] : [`link set ${link.name} up`]),
    ]),
    ...(plan.routes ?? []).map((route) => `route add ${route}`),
  ]);
  await host.setSysctls(plan.sysctls ?? {});
}
