/**
 * A network for a table: a client, the director, a host for each real server, and a way back for the answers.
 *
 *     client ---+--- director ---+--- web1        answers of masqueraded services return through the director,
 *               +---- router ----+                those of the other methods through the router
 *
 * Real servers are in networks of 24 bits, each a segment. Virtual addresses are the director's, on the client's side.
 *
 * @module
 */
import { formatAddress } from "../../net/address.ts";
import { TCP } from "../../net/protocol.ts";
import { LabError } from "./lab-error.ts";
import { DIRECTOR } from "./lab-hosts.ts";
import type { HostDraft, Order } from "./lab-schema.ts";
import type { LabService } from "./rules-table.ts";

/** A network of hosts. */
export interface RulesNetwork {
  readonly hosts: Readonly<Record<string, HostDraft>>;
  /** What is done on the hosts of the real servers at the start. */
  readonly setup: readonly Order[];
  /** Address of the client. */
  readonly client: string;
}

/** Real servers a lab may have: each is a network namespace with a web server. */
const MOST_SERVERS = 40;
/** Networks for the client, the first that nothing of the file is in. Source: RFC 5737. */
const OUTSIDE = ["203.0.113", "198.51.100", "192.0.2"] as const;
const TUNNEL = "tunl0";
/** Routing table for answers that may not go through the director. */
const WAY_BACK = 100;

/** A real server, and what services want of it. */
interface Server {
  readonly name: string;
  readonly address: string;
  readonly ports: Set<number>;
  masqueraded: boolean;
  /** Virtual addresses it is to have, by method. */
  readonly direct: Set<string>;
  readonly tunnelled: Set<string>;
}

/** Where a network of real servers is. */
interface Segment {
  readonly name: string;
  readonly director: string;
  readonly router: string;
}

/** Returns the network. @throws LabError when it would have too many hosts */
export function rulesNetwork(services: readonly LabService[]): RulesNetwork {
  const servers = serversOf(services);
  if (servers.length > MOST_SERVERS) {
    throw new LabError(
      `A lab has a host for each real server, at most ${MOST_SERVERS}: there are ${servers.length}`,
    );
  }
  const virtual = virtualAddresses(services);
  const used = new Set([...virtual, ...servers.map(({ address }) => address)]);
  const outside = outsideOf(used);
  const segments = segmentsOf(servers, used);
  const client = `${outside}.10`;
  const back = segmentsWith(segments, servers.filter(isDirect));
  const router = back.length === 0 ? {} : { router: routerOf(`${outside}.254`, back) };
  const ends = servers.map((server) => {
    const segment = segments.get(networkOf(server.address))!;
    return { name: server.name, ...hostOf(server, segment) };
  });
  return {
    hosts: {
      client: {
        links: { eth0: { segment: "outside", addresses: [`${client}/24`] } },
        routes: [`default via ${outside}.1`],
      },
      [DIRECTOR]: {
        links: {
          eth0: {
            segment: "outside",
            addresses: [`${outside}.1/24`, ...virtual.map((address) => `${address}/32`)],
          },
          ...linksTo([...segments.values()], "director"),
        },
      },
      ...router,
      ...Object.fromEntries(ends.map(({ name, host }) => [name, host])),
    },
    setup: ends.flatMap(({ name, lines }) => lines.map((run) => ({ on: name, run }))),
    client,
  };
}

function virtualAddresses(services: readonly LabService[]): readonly string[] {
  const byAddress = services.filter(({ wanted }) => wanted.id.fwmark === 0);
  return [...new Set(byAddress.map(({ wanted }) => formatAddress(wanted.id.address)))];
}

function serversOf(services: readonly LabService[]): readonly Server[] {
  const found = new Map<string, Server>();
  for (const { wanted, port } of services) {
    for (const { id, config } of wanted.servers) {
      const address = formatAddress(id.address);
      const server = found.get(address) ?? newServer(`web${found.size + 1}`, address);
      found.set(address, server);
      const masqueraded = config.method === "masquerade";
      // The other methods leave the port as the client has it.
      const answering = masqueraded && id.port !== 0 ? id.port : port;
      if (wanted.id.protocol === TCP && answering !== undefined) server.ports.add(answering);
      if (masqueraded) server.masqueraded = true;
      else if (wanted.id.fwmark === 0) {
        const addresses = config.method === "tunnel" ? server.tunnelled : server.direct;
        addresses.add(formatAddress(wanted.id.address));
      }
    }
  }
  return [...found.values()];
}

function newServer(name: string, address: string): Server {
  const [ports, direct, tunnelled] = [new Set<number>(), new Set<string>(), new Set<string>()];
  return { name, address, ports, masqueraded: false, direct, tunnelled };
}

function isDirect({ direct, tunnelled }: Server): boolean {
  return direct.size + tunnelled.size > 0;
}

/** Returns the first 24 bits of an address. */
function networkOf(address: string): string {
  return address.slice(0, address.lastIndexOf("."));
}

function outsideOf(used: ReadonlySet<string>): string {
  const taken = new Set([...used].map(networkOf));
  const others = Array.from({ length: 256 }, (_, number) => `10.255.${number}`);
  return [...OUTSIDE, ...others].find((network) => !taken.has(network))!;
}

function segmentsOf(servers: readonly Server[], used: Set<string>): ReadonlyMap<string, Segment> {
  const networks = [...new Set(servers.map(({ address }) => networkOf(address)))];
  return new Map(
    networks.map((network, at) => {
      const name = networks.length === 1 ? "inside" : `inside${at + 1}`;
      return [network, { name, director: take(network, used), router: take(network, used) }];
    }),
  );
}

/** Takes an address of a network that nobody has. @throws LabError when all are taken */
function take(network: string, used: Set<string>): string {
  for (let last = 1; last < 255; last++) {
    const address = `${network}.${last}`;
    if (used.has(address)) continue;
    used.add(address);
    return address;
  }
  throw new LabError(`The network ${network}.0/24 has no address left for the director`);
}

function segmentsWith(
  segments: ReadonlyMap<string, Segment>,
  servers: readonly Server[],
): readonly Segment[] {
  const networks = new Set(servers.map(({ address }) => networkOf(address)));
  return [...networks].map((network) => segments.get(network)!);
}

/** Returns links of a host to segments, from eth1 on. */
function linksTo(
  segments: readonly Segment[],
  who: "director" | "router",
): NonNullable<HostDraft["links"]> {
  return Object.fromEntries(
    segments.map((segment, at) => [
      `eth${at + 1}`,
      { segment: segment.name, addresses: [`${segment[who]}/24`] },
    ]),
  );
}

function routerOf(address: string, segments: readonly Segment[]): HostDraft {
  const links = {
    eth0: { segment: "outside", addresses: [`${address}/24`] },
    ...linksTo(segments, "router"),
  };
  // Answers have a virtual address as their source, which is not where they come from.
  const filters = ["all", ...Object.keys(links)].map((name) => `net.ipv4.conf.${name}.rp_filter`);
  return {
    links,
    sysctls: {
      "net.ipv4.ip_forward": 1,
      ...Object.fromEntries(filters.map((name) => [name, 0])),
    },
  };
}

function hostOf(
  server: Server,
  segment: Segment,
): { readonly host: HostDraft; readonly lines: readonly string[] } {
  const { address, ports, direct, tunnelled } = server;
  const host: HostDraft = {
    links: { eth0: { segment: segment.name, addresses: [`${address}/24`] } },
    ...(direct.size === 0 ? {} : { loopback: [...direct].map((each) => `${each}/32`) }),
    routes: [`default via ${returnsByRouter(server) ? segment.router : segment.director}`],
    ...(isDirect(server) ? { sysctls: sysctlsOf(server) } : {}),
    ...(ports.size === 0 ? {} : { web: [...ports] }),
    ...(tunnelled.size === 0 ? {} : { tunnel: TUNNEL }),
  };
  return { host, lines: [...tunnelLines(tunnelled), ...wayBack(server, segment)] };
}

function returnsByRouter(server: Server): boolean {
  return isDirect(server) && !server.masqueraded;
}

function sysctlsOf({ direct, tunnelled }: Server): Readonly<Record<string, number>> {
  return {
    ...(direct.size === 0
      ? {}
      : { "net.ipv4.conf.all.arp_ignore": 1, "net.ipv4.conf.all.arp_announce": 2 }),
    ...(tunnelled.size === 0 ? {} : { "net.ipv4.conf.all.rp_filter": 0 }),
  };
}

function tunnelLines(addresses: ReadonlySet<string>): readonly string[] {
  if (addresses.size === 0) return [];
  return [
    ...[...addresses].map((address) => `ip addr add ${address}/32 dev ${TUNNEL}`),
    `ip link set ${TUNNEL} up`,
    // What comes out of the tunnel is from a client, and the way to clients is another.
    `sysctl -q -w net.ipv4.conf.${TUNNEL}.rp_filter=0`,
  ];
}

/** Returns lines that part the ways of answers on a host that has both kinds. */
function wayBack(server: Server, { router }: Segment): readonly string[] {
  if (!isDirect(server) || !server.masqueraded) return [];
  const virtual = new Set([...server.direct, ...server.tunnelled]);
  return [
    `ip route add default via ${router} table ${WAY_BACK}`,
    ...[...virtual].map((address) => `ip rule add from ${address} lookup ${WAY_BACK}`),
  ];
}
