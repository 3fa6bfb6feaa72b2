/**
 * Why the host around a director ends a packet, and how often it did.
 *
 * Packets the director drops are counted by the director; these are the host's own.
 *
 * @module
 */

/** All reasons, each with the counter or function of Linux that would show it. */
export const HOST_DROPS = [
  /** The packet arrived on, or was to leave by, an interface that is down or unknown. */
  "interface-down",
  /** Version, header length or total length cannot be: `InHdrErrors`, `InTruncatedPkts`. */
  "malformed-header",
  /** IPv4 header checksum: `InCsumErrors`. */
  "bad-header-checksum",
  /** A source no packet from outside can have: one of this host's, loopback, multicast. */
  "martian-source",
  /** A destination no packet from outside can have: loopback, 0.0.0.0. */
  "martian-destination",
  /** IPv4 options that say which way to go: `accept_source_route` is off. */
  "source-route",
  /** No route, or one that refuses: `InNoRoutes`. */
  "no-route",
  /** TTL or hop limit used up. */
  "time-exceeded",
  /** Larger than the MTU of its way, and not to be cut. */
  "too-big",
  /** Cut in pieces that do not fit: the MTU leaves no room for data. */
  "cannot-fragment",
  /** For many receivers: nobody on this host joined the group. */
  "multicast",
  /** Broadcast: nobody on this host listens. */
  "broadcast",
  /** A fragment that cannot be one, contradicts others, or has no room: `ReasmFails`. */
  "reassembly-failed",
  /** Fragments whose fellows did not come in time: `ReasmTimeout`. One packet counts once. */
  "reassembly-timeout",
  /** Transport or ICMP header cut off, or lengths that contradict each other. */
  "truncated-transport",
  /** Transport or ICMP checksum. */
  "bad-transport-checksum",
  /** No listener: answered, or of a kind that is not. */
  "no-listener",
  /** A protocol this host does not speak: answered where that may be. */
  "unknown-protocol",
  /** An IPv6 extension header asks for what this host cannot do. */
  "extension-header",
  /** ICMP: taken note of, or passed over in silence. */
  "icmp",
  /** Too many packets of the host to itself wait already. */
  "backlog-full",
] as const;

/** Name of a reason. */
export type HostDrop = (typeof HOST_DROPS)[number];

/** Counts drops by reason. */
export class DropCounters {
  readonly #counts = new Map<HostDrop, number>(HOST_DROPS.map((reason) => [reason, 0]));

  /** Counts one, or as many as told. */
  count(reason: HostDrop, more = 1): void {
    this.#counts.set(reason, this.#counts.get(reason)! + more);
  }

  /** Returns how often each reason was met; reasons never met are left out. */
  list(): Readonly<Partial<Record<HostDrop, number>>> {
    return Object.fromEntries([...this.#counts].filter(([, count]) => count > 0));
  }
}
