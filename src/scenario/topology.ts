/**
 * The surroundings a scenario asks for with `topo`.
 *
 *     clients --- c0 [director] r0 --- real servers
 *
 * @module
 */
import { type Address, parseAddress } from "../net/address.ts";
import { type Prefix, parsePrefix } from "../net/prefix.ts";

/** An interface with a link behind it. */
export interface TopologyInterface {
  readonly name: string;
  readonly addresses: readonly Prefix[];
}

/** Someone on a link. */
export interface TopologyNeighbor {
  readonly device: string;
  readonly address: Address;
  readonly mac: string;
}

/** Interfaces, routes and neighbours. */
export interface Topology {
  readonly interfaces: readonly TopologyInterface[];
  /** Addresses on `lo`: those of the virtual services. */
  readonly virtual: readonly Prefix[];
  readonly gateways: readonly TopologyNeighbor[];
  readonly servers: readonly TopologyNeighbor[];
}

/** Numbers of the real servers, which are the last part of their addresses, read as decimal digits. */
const SERVERS = Array.from({ length: 12 }, (_, index) => 11 + index);
const VIRTUAL = [100, 101, 102, 103];
const GATEWAY_MAC = "02:00:00:00:c0:fe";

const STANDARD: Topology = {
  interfaces: [
    { name: "c0", addresses: ["10.0.0.1/24", "2001:db8:c::1/64"].map(parsePrefix) },
    { name: "r0", addresses: ["192.168.10.1/24", "2001:db8:d::1/64"].map(parsePrefix) },
  ],
  virtual: VIRTUAL.flatMap((last) => [`10.0.0.${last}`, `2001:db8:c::${last}`]).map(parsePrefix),
  gateways: ["10.0.0.254", "2001:db8:c::fe"].map((address) => ({
    device: "c0",
    address: parseAddress(address),
    mac: GATEWAY_MAC,
  })),
  servers: SERVERS.flatMap((last) =>
    [`192.168.10.${last}`, `2001:db8:d::${last}`].map((address) => ({
      device: "r0",
      address: parseAddress(address),
      mac: `02:00:00:00:d0:${last}`,
    })),
  ),
};

/** Returns an address with a number added to its last part. */
function shifted({ address, prefixLength }: Prefix, by: number): Prefix {
  const words = Uint32Array.from(address.words);
  words[address.family === 4 ? 0 : 3]! += by;
  return { address: { family: address.family, words }, prefixLength };
}

/** Topologies by name. */
const TOPOLOGIES: Readonly<Record<string, Topology>> = { std: STANDARD };

/**
 * Returns the topology of a name.
 *
 * @param director number of the director whose it is, from 0: each has addresses of its own on its interfaces
 * @throws RangeError when there is none
 */
export function topologyNamed(name: string, director = 0): Topology {
  const topology = Object.hasOwn(TOPOLOGIES, name) ? TOPOLOGIES[name] : undefined;
  if (topology !== undefined) {
    const interfaces = topology.interfaces.map((each) => ({
      ...each,
      addresses: each.addresses.map((prefix) => shifted(prefix, director)),
    }));
    return { ...topology, interfaces };
  }
  const known = Object.keys(TOPOLOGIES).join(", ");
  throw new RangeError(`There is no topology "${name}": must be one of ${known}`);
}
