/**
 * The text of `uipvs status`.
 *
 * @module
 */
import type { DirectorStatus } from "../daemon/director-status.ts";
import { formatDuration } from "../daemon/process-info.ts";

/** Column the values begin in. */
const NAME_WIDTH = 13;

/** Returns the lines of a status, without the last newline. */
export function formatStatus(status: DirectorStatus): string {
  const lines: [name: string, value: string][] = [
    ["Director", `process ${status.pid}, up for ${formatDuration(status.uptime)}`],
    ["Socket", status.socket],
    ["Device", `${status.device} (${status.deviceKind})`],
    ["Profile", status.profile],
    ["Variables", formatVariables(status.variables)],
    ["Services", String(status.services)],
    ["Destinations", String(status.destinations)],
    ["Connections", String(status.connections)],
    ["Packets", formatCounts(status.packets)],
    ["Accepted", formatCounts(status.accepts)],
    ["Drops", formatCounts(status.drops)],
  ];
  if (Object.keys(status.synchronisation).length > 0) {
    lines.push(["Synchronised", formatCounts(status.synchronisation)]);
  }
  if (status.capture !== undefined) lines.push(["Capture", status.capture]);
  if (status.fault !== undefined) lines.push(["Fault", status.fault]);
  return lines.map(([name, value]) => `${name}:`.padEnd(NAME_WIDTH + 1) + value).join("\n");
}

/** Returns the variables that are set differently: `drop_entry 1, sync_threshold 5 50`. */
function formatVariables(variables: DirectorStatus["variables"]): string {
  const set = variables.map(({ name, value }) => `${name} ${value.replaceAll("\t", " ")}`);
  return set.join(", ") || "as in the beginning";
}

/** Returns the counts that are not 0, the largest first: `forward 12, accept 3`. */
function formatCounts(counts: Readonly<Record<string, number>>): string {
  const seen = Object.entries(counts).filter(([, count]) => count > 0);
  seen.sort(([, a], [, b]) => b - a);
  return seen.map(([name, count]) => `${name} ${count}`).join(", ") || "none";
}
