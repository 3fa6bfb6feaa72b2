/**
 * The network around a director under test, as data: devices, addresses, neighbours, routes, settings.
 *
 * The standard one:
 *
 *     clients, any address                                  real servers 192.168.10.11 to .22
 *     10.0.0.254  02:00:00:00:c0:fe                         02:00:00:00:d0:11 to :22
 *     2001:db8:c::fe      |                                        |  2001:db8:d::11 to ::22
 *                         c0 -----------  director  ------------- r0
 *              10.0.0.1/24, 2001:db8:c::1/64      192.168.10.1/24, 2001:db8:d::1/64
 *              default route of both families
 *                           lo: 10.0.0.100 to .103, 2001:db8:c::100 to ::103 (virtual)
 *
 * The last byte of a real server's MAC address has the decimal digits of its number, so the destination of
 * a frame tells which server a packet was sent to, whatever its IP addresses.
 *
 * @module
 */

/** A network interface whose other end is the test. */
export interface PortConfig {
  /** 1–15 bytes. */
  readonly name: string;
  /** The director's own MAC address, `02:00:00:00:63:30`. */
  readonly mac: string;
  /** MAC address of whoever sends to the director here. */
  readonly peerMac: string;
  /** With prefix length, both families. */
  readonly addresses: readonly string[];
  /** MAC addresses by address, never asked for. */
  readonly neighbors: Readonly<Record<string, string>>;
}

/** A network. */
export interface Topology {
  readonly ports: readonly PortConfig[];
  /** Addresses of the director itself, without prefix length. */
  readonly local: readonly string[];
  readonly routes: readonly {
    readonly prefix: string;
    readonly via: string;
    readonly port: string;
  }[];
  /** Values of settings below /proc/sys by name, with slashes, set in this order before the devices are. */
  readonly settings: Readonly<Record<string, string>>;
}

const SERVERS = Array.from({ length: 12 }, (_, index) => 11 + index);
const VIRTUAL = [100, 101, 102, 103];
const GATEWAY_MAC = "02:00:00:00:c0:fe";

/** The network all recordings of a kernel were made in. */
export const STANDARD: Topology = {
  ports: [
    {
      name: "c0",
      mac: "02:00:00:00:63:30",
      peerMac: GATEWAY_MAC,
      addresses: ["10.0.0.1/24", "2001:db8:c::1/64"],
      neighbors: { "10.0.0.254": GATEWAY_MAC, "2001:db8:c::fe": GATEWAY_MAC },
    },
    {
      name: "r0",
      mac: "02:00:00:00:72:30",
      peerMac: "02:00:00:00:d0:fe",
      addresses: ["192.168.10.1/24", "2001:db8:d::1/64"],
      neighbors: Object.fromEntries(
        SERVERS.flatMap((server) => [
          [`192.168.10.${server}`, `02:00:00:00:d0:${server}`],
          [`2001:db8:d::${server}`, `02:00:00:00:d0:${server}`],
        ]),
      ),
    },
  ],
  local: VIRTUAL.flatMap((host) => [`10.0.0.${host}`, `2001:db8:c::${host}`]),
  routes: [
    { prefix: "0.0.0.0/0", via: "10.0.0.254", port: "c0" },
    { prefix: "::/0", via: "2001:db8:c::fe", port: "c0" },
  ],
  settings: {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
    "net/ipv4/icmp_ratelimit": "0",
    "net/ipv6/icmp/ratelimit": "0",
    "net/ipv6/auto_flowlabels": "0",
    "net/ipv6/conf/all/forwarding": "1",
    "net/ipv6/conf/default/forwarding": "1",
    "net/ipv6/conf/default/addr_gen_mode": "1",
    "net/ipv6/conf/all/accept_dad": "0",
    "net/ipv6/conf/default/accept_dad": "0",
    "net/ipv6/conf/all/accept_ra": "0",
    "net/ipv6/conf/default/accept_ra": "0",
    "net/ipv6/conf/default/router_solicitations": "0",
  },
};
