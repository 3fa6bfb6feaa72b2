/**
 * The network of the demo.
 *
 *     client 192.168.1.10 ──┬── 192.168.1.1  director  172.16.16.1 ──┬── 172.16.16.2 web2
 *                           │   192.168.1.100 (VIP)                  ├── 172.16.16.3 web3
 *                           │                                        └── 172.16.16.4 web4
 *                           └── eth1 of the web servers, for DR and TUN: 192.168.1.2 to .4
 *
 * With NAT the web servers have one link and the director is their gateway. With DR and TUN they have
 * a second one, a direct way back to the client, and the virtual address on their loopback.
 *
 * @module
 */
import type { HostPlan, TopologyPlan } from "../topology.ts";
import { CLIENT, FAR_CLIENTS, REAL_SERVERS, type RealServer, VIRTUAL } from "./laboratory.ts";

/** Interface of a decapsulator, or of a tunnel of the kernel. */
export const TUNNEL_INTERFACE = "tunl1";

const clientHost: HostPlan = {
  name: "client",
  links: [{ name: "eth0", segment: "outside", addresses: [`${CLIENT}/24`] }],
  loopback: FAR_CLIENTS.map((address) => `${address}/32`),
  // Far addresses are not asked for by ARP: the host answers for them, as a router would.
  sysctls: { "net/ipv4/conf/all/arp_announce": 2 },
};

const directorHost: HostPlan = {
  name: "director",
  links: [
    {
      name: "eth0",
      segment: "outside",
      addresses: ["192.168.1.1/24", `${VIRTUAL.address}/32`],
    },
    { name: "eth1", segment: "inside", addresses: ["172.16.16.1/24"] },
  ],
  routes: [`10.1.0.0/16 via ${CLIENT}`],
  sysctls: { "net/ipv4/ip_forward": 1 },
};

function webHost({ name, address }: RealServer): HostPlan {
  const lastOctet = address.slice(address.lastIndexOf(".") + 1);
  return {
    name,
    links: [
      { name: "eth0", segment: "inside", addresses: [`${address}/24`] },
      { name: "eth1", segment: "outside", addresses: [`192.168.1.${lastOctet}/24`], down: true },
    ],
    routes: ["default via 172.16.16.1"],
    // With DR and TUN, requests come in by another link than replies go out by.
    sysctls: { "net/ipv4/conf/all/rp_filter": 0, "net/ipv4/conf/default/rp_filter": 0 },
  };
}

/** The hosts of the demo. */
export const PLAN: TopologyPlan = {
  hosts: [clientHost, directorHost, ...REAL_SERVERS.map(webHost)],
};

/** Gives a real server a direct way to the client and the virtual address, and keeps it quiet. */
export const OWN_VIRTUAL_ADDRESS: readonly string[] = [
  "ip link set eth1 up",
  "echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore",
  "echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce",
  `ip addr add ${VIRTUAL.address}/32 dev lo`,
];

/** Undoes `OWN_VIRTUAL_ADDRESS`, as far as it matters. */
export const DISOWN_VIRTUAL_ADDRESS: readonly string[] = [
  `ip addr del ${VIRTUAL.address}/32 dev lo`,
  "ip link set eth1 down",
];

/** Makes a tunnel of the kernel, where it has the driver; `$RIP` is the real server's address. */
export const MAKE_TUNNEL = `ip link add ${TUNNEL_INTERFACE} type ipip local $RIP`;
