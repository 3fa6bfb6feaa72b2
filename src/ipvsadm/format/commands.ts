/**
 * Changes as command lines that make them, complete and exact.
 *
 * Unlike a saved table they carry thresholds, write firewall marks as the positive numbers they are,
 * and name every scheduler flag. The methods `local` and `bypass` have no option: both are written as
 * direct routing.
 *
 * @module
 */
import { formatAddress } from "../../net/address.ts";
import { formatEndpoint } from "../../net/endpoint.ts";
import { SCTP, TCP, UDP } from "../../net/protocol.ts";
import {
  type DaemonConfig,
  type DestinationConfig,
  type ForwardingMethod,
  SERVICE_FLAG,
  type ServiceConfig,
  type ServiceId,
} from "../../wire/ipvs-objects.ts";
import { schedulerFlagNames } from "../../wire/scheduler-flags.ts";
import type { Change } from "../command.ts";
import { SCHEDULER_FLAGS } from "../scheduler-flags.ts";
import { netmaskText } from "./services.ts";
import { tunnelOptions } from "./tunnel.ts";

/** What a change does to the table: adds to it, takes from it, or alters what is in it. */
export type Sign = "+" | "-" | "~";

/** A change with what it does. */
export interface Effect {
  readonly sign: Sign;
  readonly change: Change;
}

/** Returns the line of an effect, such as `+ -A -t 192.0.2.1:80 -s wlc`, with its newline. */
export function effectLine({ sign, change }: Effect): string {
  return `${sign} ${commandText(change)}\n`;
}

/** Returns the command line that makes a change, without the program's name. */
export function commandText(change: Change): string {
  switch (change.verb) {
    case "add-service":
      return `-A ${serviceOption(change.id)}${serviceOptions(change.id, change.config)}`;
    case "edit-service":
      return `-E ${serviceOption(change.id)}${serviceOptions(change.id, change.config)}`;
    case "delete-service":
      return `-D ${serviceOption(change.id)}`;
    case "add-server":
      return `-a ${serverOption(change)}${serverOptions(change.config)}`;
    case "edit-server":
      return `-e ${serverOption(change)}${serverOptions(change.config)}`;
    case "delete-server":
      return `-d ${serverOption(change)}`;
    case "flush":
      return "-C";
    case "zero":
      return change.id === undefined ? "-Z" : `-Z ${serviceOption(change.id)}`;
    case "set": {
      const { tcp, tcpFin, udp } = change.timeouts;
      return `--set ${tcp} ${tcpFin} ${udp}`;
    }
    case "start-daemon":
      return `--start-daemon ${change.config.role}${daemonOptions(change.config)}`;
    case "stop-daemon":
      return `--stop-daemon ${change.role}`;
  }
}

const SERVICE_OPTIONS: Readonly<Record<number, string>> = {
  [TCP]: "-t",
  [UDP]: "-u",
  [SCTP]: "--sctp-service",
};

function serviceOption(id: ServiceId): string {
  if (id.fwmark !== 0) return `-f ${id.fwmark}${id.family === 6 ? " -6" : ""}`;
  return `${SERVICE_OPTIONS[id.protocol] ?? "--xxx-service"} ${formatEndpoint(id)}`;
}

function serviceOptions(id: ServiceId, config: ServiceConfig): string {
  const parts = [` -s ${config.scheduler}`];
  if ((config.flags & SERVICE_FLAG.persistent) !== 0) {
    parts.push(`-p ${config.timeout}`);
    const mask = netmaskText(config.netmask, id.family);
    if (mask !== undefined) parts.push(`-M ${mask}`);
  }
  if (config.persistenceEngine) parts.push(`--pe ${config.persistenceEngine}`);
  if ((config.flags & SERVICE_FLAG.onePacket) !== 0) parts.push("-o");
  if ((config.flags & SCHEDULER_FLAGS) !== 0) {
    parts.push(`-b ${schedulerFlagNames(config.flags, config.scheduler).join(",")}`);
  }
  return parts.join(" ");
}

function serverOption({
  service,
  id,
}: Extract<Change, { verb: "add-server" | "edit-server" | "delete-server" }>): string {
  return `${serviceOption(service)} -r ${formatEndpoint(id)}`;
}

const METHOD_OPTIONS: Readonly<Record<ForwardingMethod, string>> = {
  masquerade: "-m",
  local: "-g",
  tunnel: "-i",
  "direct-route": "-g",
  bypass: "-g",
};

function serverOptions(config: DestinationConfig): string {
  const { method, weight, upperThreshold, lowerThreshold } = config;
  const upper = upperThreshold === 0 ? "" : ` -x ${upperThreshold}`;
  const lower = lowerThreshold === 0 ? "" : ` -y ${lowerThreshold}`;
  return ` ${METHOD_OPTIONS[method]} -w ${weight}${upper}${lower}${tunnelOptions(config)}`;
}

function daemonOptions(config: DaemonConfig): string {
  const { interfaceName, syncId, maxLength, group, port, ttl } = config;
  const parts = ["", `--mcast-interface ${interfaceName}`, `--syncid ${syncId}`];
  if (maxLength !== undefined) parts.push(`--sync-maxlen ${maxLength}`);
  if (group !== undefined) parts.push(`--mcast-group ${formatAddress(group)}`);
  if (port !== undefined) parts.push(`--mcast-port ${port}`);
  if (ttl !== undefined) parts.push(`--mcast-ttl ${ttl}`);
  return parts.join(" ");
}
