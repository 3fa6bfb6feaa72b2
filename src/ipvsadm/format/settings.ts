/**
 * Listings of timeouts and of synchronisation daemons.
 *
 * @module
 */

import { formatAddress } from "../../net/address.ts";
import type { DaemonConfig, TimeoutConfig } from "../../wire/ipvs-objects.ts";

/** Returns the line of the three timeouts, in seconds. */
export function timeoutLine(timeouts: TimeoutConfig): string {
  return `Timeout (tcp tcpfin udp): ${timeouts.tcp} ${timeouts.tcpFin} ${timeouts.udp}\n`;
}

/** Returns the line of a synchronisation daemon; what it does not report is left out. */
export function daemonLine(daemon: DaemonConfig): string {
  const parts = [`mcast=${daemon.interfaceName}`, `syncid=${daemon.syncId}`];
  if (daemon.maxLength) parts.push(`maxlen=${daemon.maxLength}`);
  if (daemon.group) parts.push(`group=${formatAddress(daemon.group)}`);
  if (daemon.port) parts.push(`port=${daemon.port}`);
  if (daemon.ttl) parts.push(`ttl=${daemon.ttl}`);
  return `${daemon.role} sync daemon (${parts.join(", ")})\n`;
}
