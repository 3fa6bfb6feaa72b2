/**
 * Gives a network namespace, whose ports exist, the rest of a topology.
 *
 * @module
 */
import { NetlinkSocket } from "../../dataplane/sys/netlink-socket.ts";
import { parseAddress } from "../net/address.ts";
import { linkByName, type Prefix, parseLink } from "../wire/rtnetlink.ts";
import { addressAdd, gatewayAdd, linkStart, neighborAdd } from "../wire/rtnetlink-host.ts";
import { macOf } from "./tap-port.ts";
import type { Topology } from "./topology.ts";

/**
 * Furnishes the calling thread's network namespace.
 *
 * @throws SystemError for what the kernel refuses
 */
export function furnish({ ports, local, routes }: Topology): void {
  const netlink = NetlinkSocket.open();
  try {
    const indexes = new Map<string, number>();
    const start = (name: string, mac?: string): number => {
      const index = indexOf(netlink, name);
      indexes.set(name, index);
      const request = linkStart(index, mac === undefined ? undefined : macOf(mac));
      netlink.change(request, `Cannot bring "${name}" up`);
      return index;
    };
    const loopback = start("lo");
    for (const { name, mac, addresses, neighbors } of ports) {
      const index = start(name, mac);
      for (const address of addresses) {
        const action = `Cannot give "${name}" the address ${address}`;
        netlink.change(addressAdd(index, prefixOf(address)), action);
      }
      for (const [address, at] of Object.entries(neighbors)) {
        const request = neighborAdd(index, parseAddress(address), macOf(at));
        netlink.change(request, `Cannot make ${address} a neighbour of "${name}"`);
      }
    }
    for (const address of local) {
      netlink.change(addressAdd(loopback, prefixOf(address)), `Cannot have the address ${address}`);
    }
    for (const { prefix, via, port } of routes) {
      const action = `Cannot reach ${prefix} by ${via}`;
      const index = indexes.get(port);
      if (index === undefined) throw new RangeError(`${action}: there is no port "${port}"`);
      netlink.change(gatewayAdd(index, prefixOf(prefix), parseAddress(via)), action);
    }
  } finally {
    netlink.close();
  }
}

function indexOf(netlink: NetlinkSocket, name: string): number {
  const action = `Cannot find the interface "${name}"`;
  const answer = netlink.get(linkByName(name), action);
  const link = answer && parseLink(answer);
  if (link === undefined) throw new Error(`${action}: the kernel does not tell its number`);
  return link.index;
}

/** Returns the prefix in `10.0.0.1/24`, or an address alone as the longest. */
function prefixOf(text: string): Prefix {
  const [host = "", length] = text.split("/");
  const address = parseAddress(host);
  const longest = address.family === 4 ? 32 : 128;
  return { address, length: length === undefined ? longest : Number(length) };
}
