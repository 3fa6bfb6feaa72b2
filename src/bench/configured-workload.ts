/**
 * Puts a service of a file into a workload: its scheduler, servers, weights, thresholds and persistence take the
 * place of the workload's, whose connections they get.
 *
 * What the workload's servers can do in all is shared out by the file's weights, and what happens to one of them
 * happens to the server at the same part of the file's list: so a load of 70 % stays one of 70 %.
 *
 * @module
 */
import { formatAddress } from "../net/address.ts";
import { SCTP, UDP } from "../net/protocol.ts";
import { SERVICE_FLAG, type ServiceConfig } from "../wire/ipvs-objects.ts";
import type { ConfiguredService } from "./configured-service.ts";
import { type Churn, serverSpecs, type Workload } from "./workload.ts";
import { checkWorkload, type RawWorkload, WorkloadError } from "./workload-file.ts";

const FLAGS = [
  [SERVICE_FLAG.scheduler1, "flag-1"],
  [SERVICE_FLAG.scheduler2, "flag-2"],
  [SERVICE_FLAG.scheduler3, "flag-3"],
] as const;

/**
 * Returns the workload with the service of a file.
 *
 * @param onRemark told what of the service is not simulated
 * @throws WorkloadError for a service nobody can connect to here, and a workload that cannot be used
 */
export function withService(
  raw: RawWorkload,
  configured: ConfiguredService,
  onRemark: (text: string) => void,
): RawWorkload {
  const { path, name, service, servers } = configured;
  const { id, config } = service;
  if (id.protocol === SCTP) {
    throw new WorkloadError(`Cannot simulate ${name}: connections are of TCP or UDP`);
  }
  if (servers.length === 0) throw new WorkloadError(`Cannot simulate ${name}: it has no servers`);
  if (config.scheduler === "none") {
    throw new WorkloadError(`Cannot simulate ${name}: it has no scheduler`);
  }
  for (const what of notSimulated(configured)) onRemark(`${name}: ${what}`);
  const before = checkWorkload(raw);
  return {
    ...raw,
    value: {
      ...raw.value,
      description: `The connections of workload ${before.name}, to ${name} of ${path} and its servers (${servers.length}).`,
      ...(id.fwmark === 0 && { protocol: id.protocol === UDP ? "udp" : "tcp" }),
      schedulers: [config.scheduler],
      flags: FLAGS.flatMap(([bit, flag]) => ((config.flags & bit) === 0 ? [] : [flag])),
      persistence: persistenceOf(config, id.family),
      service:
        id.fwmark === 0
          ? { address: formatAddress(id.address), port: id.port }
          : { fwmark: id.fwmark, ...(id.family === 6 && { address: "2001:db8:ffff::1" }) },
      servers: serversOf(before, servers),
      churn: before.churn.map((each) => moved(each, before, servers)),
    },
  };
}

function persistenceOf({ flags, timeout, netmask }: ServiceConfig, family: 4 | 6) {
  if ((flags & SERVICE_FLAG.persistent) === 0) return undefined;
  return { timeout, netmask: family === 6 ? netmask : 32 - zerosAtEnd(netmask) };
}

function serversOf(before: Workload, servers: ConfiguredService["servers"]) {
  const inService = serverSpecs(before).filter(({ spare }) => !spare);
  const capacity = inService.reduce((sum, { cores, speed }) => sum + cores * speed, 0);
  const weights = servers.reduce((sum, { config }) => sum + config.weight, 0);
  return servers.map(({ id, config: { weight, upperThreshold, lowerThreshold } }) => ({
    address: formatAddress(id.address),
    port: id.port,
    weight,
    upperThreshold,
    lowerThreshold,
    ...(Number.isFinite(capacity) && weight > 0 && { cores: (capacity * weight) / weights }),
  }));
}

/** Returns what happens, to the server of the file at the same part of the list, with a weight in proportion. */
function moved(what: Churn, before: Workload, servers: ConfiguredService["servers"]): Churn {
  if (!("server" in what) || what.server === undefined) return what;
  const specs = serverSpecs(before);
  const server = Math.floor((what.server * servers.length) / specs.length);
  if (!("weight" in what) || what.weight === undefined) return { ...what, server };
  const [old, now] = [specs[what.server]!.weight, servers[server]!.config.weight];
  const weight =
    what.weight === 0 ? 0 : Math.max(1, Math.round((what.weight * now) / Math.max(old, 1)));
  return { ...what, server, weight };
}

function notSimulated({ service: { config }, servers }: ConfiguredService): readonly string[] {
  const methods = new Set(servers.map(({ config: { method } }) => method));
  return [
    ...(methods.size === 1 && methods.has("direct-route")
      ? []
      : ["connections are simulated as with direct routing: replies do not pass the director"]),
    ...((config.flags & SERVICE_FLAG.onePacket) === 0
      ? []
      : ["one-packet scheduling is not simulated: packets make connections"]),
    ...(config.persistenceEngine === undefined
      ? []
      : [
          `persistence engine "${config.persistenceEngine}" is not simulated: packets have no payload`,
        ]),
  ];
}

function zerosAtEnd(mask: number): number {
  return mask === 0 ? 32 : 31 - Math.clz32(mask & -mask);
}
