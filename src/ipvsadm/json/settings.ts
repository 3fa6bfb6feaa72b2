/**
 * Timeouts and synchronisation daemons as JSON values. Described in docs/json.md.
 *
 * @module
 */
import { formatAddress } from "../../net/address.ts";
import type { DaemonConfig, EngineInfo, TimeoutConfig } from "../../wire/ipvs-objects.ts";

/** Returns the timeouts, in seconds. */
export function timeoutsJson({ tcp, tcpFin, udp }: TimeoutConfig): object {
  return { tcp, tcpFin, udp };
}

/** Returns a daemon; what whoever obeys has not told is null. */
export function daemonJson(daemon: DaemonConfig): object {
  const { role, interfaceName, syncId, maxLength, group, port, ttl } = daemon;
  return {
    role,
    interface: interfaceName,
    syncId,
    maxLength: maxLength || null,
    group: group === undefined ? null : formatAddress(group),
    port: port || null,
    ttl: ttl || null,
  };
}

/** Returns what the first line of a listing says. */
export function engineJson({ version, connectionTableSize }: EngineInfo): object {
  const parts = [version >>> 16, (version >>> 8) & 255, version & 255];
  return { version: parts.join("."), connectionTableSize };
}
