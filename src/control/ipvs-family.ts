/**
 * The commands of the family `IPVS`, carried out by an `Administration`.
 *
 * Here it is decided what a message means and whether it is complete, in the kernel's order: the
 * service, whether it exists, the destination, its family. What a well-formed command may ask for is
 * judged by the administration.
 *
 * Source: Linux net/netfilter/ipvs/ip_vs_ctl.c, the rules of its netlink commands.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import { isMulticast } from "../net/address.ts";
import {
  IPVS_ATTRIBUTE,
  IPVS_COMMAND,
  IPVS_NAME,
  IPVS_POLICY,
  IPVS_VERSION,
  readTimeouts,
  writeInfo,
  writeTimeouts,
} from "../wire/ipvs-genl.ts";
import {
  daemonAttributes,
  readDaemon,
  readDaemonRole,
  writeDaemon,
} from "../wire/ipvs-genl-daemon.ts";
import {
  destinationAttributes,
  readDestinationConfig,
  readDestinationId,
  writeDestinationStatus,
} from "../wire/ipvs-genl-destination.ts";
import {
  readServiceConfig,
  readServiceId,
  serviceAttributes,
  writeServiceStatus,
} from "../wire/ipvs-genl-service.ts";
import type { DestinationId, ServiceId, ServiceStatus } from "../wire/ipvs-objects.ts";
import { Attributes } from "../wire/netlink-attributes.ts";
import type { Administration } from "./backend.ts";
import { type Family, type Operation, type Reply, replies } from "./family.ts";

/** Returns the family `IPVS` over those who obey. */
export function ipvsFamily(administration: Administration): Family {
  return {
    name: IPVS_NAME,
    version: IPVS_VERSION,
    policy: IPVS_POLICY,
    operations: new Map([
      ...serviceOperations(administration),
      ...destinationOperations(administration),
      ...daemonOperations(administration),
      ...generalOperations(administration),
    ]),
  };
}

type Operations = readonly (readonly [command: number, operation: Operation])[];

function serviceOperations(administration: Administration): Operations {
  const listed = (status: ServiceStatus): Reply => ({
    command: IPVS_COMMAND.newService,
    fill: (writer) => writeServiceStatus(writer, status),
  });
  return [
    [
      IPVS_COMMAND.newService,
      command((message) => {
        const service = serviceAttributes(message);
        const id = readServiceId(service);
        administration.addService(id, readServiceConfig(service, id.family, 0));
      }),
    ],
    [
      IPVS_COMMAND.setService,
      command((message) => {
        const service = serviceAttributes(message);
        const id = readServiceId(service);
        const present = find(administration, id);
        const config = readServiceConfig(service, id.family, present?.config.flags ?? 0);
        administration.editService(id, config);
      }),
    ],
    [
      IPVS_COMMAND.delService,
      command((message) => administration.deleteService(readServiceId(serviceAttributes(message)))),
    ],
    [
      IPVS_COMMAND.getService,
      {
        do: (message) => listed(administration.service(readServiceId(serviceAttributes(message)))),
        dump: () => replies(administration.services(), listed),
      },
    ],
  ];
}

/** Returns a service, or `undefined` when there is none of that identity. */
function find(administration: Administration, id: ServiceId): ServiceStatus | undefined {
  try {
    return administration.service(id);
  } catch (error) {
    if (error instanceof IpvsError && error.code === "ESRCH") return undefined;
    throw error;
  }
}

function destinationOperations(administration: Administration): Operations {
  /** Returns service and destination of a command that tells the destination what to be. */
  const told = (message: Attributes) => {
    const service = existing(message);
    const destination = destinationAttributes(message);
    const config = readDestinationConfig(destination);
    const id = readDestinationId(destination, service.family);
    checkFamilies(service, id, config.method === "tunnel", administration);
    return { service, id, config };
  };
  const existing = (message: Attributes): ServiceId => {
    const id = readServiceId(serviceAttributes(message));
    administration.service(id);
    return id;
  };
  return [
    [
      IPVS_COMMAND.newDest,
      command((message) => {
        const { service, id, config } = told(message);
        administration.addDestination(service, id, config);
      }),
    ],
    [
      IPVS_COMMAND.setDest,
      command((message) => {
        const { service, id, config } = told(message);
        administration.editDestination(service, id, config);
      }),
    ],
    [
      IPVS_COMMAND.delDest,
      command((message) => {
        const service = existing(message);
        const id = readDestinationId(destinationAttributes(message), service.family);
        administration.deleteDestination(service, id);
      }),
    ],
    [IPVS_COMMAND.getDest, { dump: (bytes) => destinationList(administration, bytes) }],
  ];
}

/** Lists the destinations of a service: none when the request names no service there is. */
function destinationList(administration: Administration, bytes: Uint8Array): Iterable<Reply> {
  let id: ServiceId;
  try {
    id = readServiceId(serviceAttributes(Attributes.parse(bytes, IPVS_POLICY)));
  } catch (error) {
    if (error instanceof IpvsError) return [];
    throw error;
  }
  return replies(administration.destinations(id), (status) => ({
    command: IPVS_COMMAND.newDest,
    fill: (writer) => writeDestinationStatus(writer, status),
  }));
}

/**
 * Refuses a destination of another family than its service unless packets reach it through a tunnel
 * and nobody synchronises connections, whose messages have no room for a second family.
 */
function checkFamilies(
  service: ServiceId,
  destination: DestinationId,
  tunnel: boolean,
  administration: Administration,
): void {
  if (destination.address.family === service.family) return;
  if (!tunnel) {
    throw new IpvsError(
      "EINVAL",
      "Cannot mix address families: only a tunnel reaches a destination of another family",
    );
  }
  if (administration.daemons().length > 0) {
    throw new IpvsError(
      "EINVAL",
      "Cannot mix address families while a synchronisation daemon runs",
    );
  }
}

function daemonOperations(administration: Administration): Operations {
  return [
    [
      IPVS_COMMAND.newDaemon,
      command((message) => {
        const config = readDaemon(daemonAttributes(message));
        if (config.group !== undefined && !isMulticast(config.group)) {
          throw new IpvsError("EINVAL", "The group of a daemon must be a multicast address");
        }
        administration.startDaemon(config);
      }),
    ],
    [
      IPVS_COMMAND.delDaemon,
      command((message) => administration.stopDaemon(readDaemonRole(daemonAttributes(message)))),
    ],
    [
      IPVS_COMMAND.getDaemon,
      {
        dump: () =>
          replies(administration.daemons(), (config) => ({
            command: IPVS_COMMAND.newDaemon,
            fill: (writer) => writeDaemon(writer, config),
          })),
      },
    ],
  ];
}

function generalOperations(administration: Administration): Operations {
  return [
    [
      IPVS_COMMAND.setConfig,
      command((message) => administration.setTimeouts(readTimeouts(message))),
    ],
    [
      IPVS_COMMAND.getConfig,
      {
        do: () => {
          const timeouts = administration.timeouts();
          return {
            command: IPVS_COMMAND.setConfig,
            fill: (writer) => writeTimeouts(writer, timeouts),
          };
        },
      },
    ],
    [
      IPVS_COMMAND.getInfo,
      {
        do: () => {
          const info = administration.info();
          return { command: IPVS_COMMAND.setInfo, fill: (writer) => writeInfo(writer, info) };
        },
      },
    ],
    [
      IPVS_COMMAND.zero,
      command((message) => {
        if (!message.has(IPVS_ATTRIBUTE.service)) administration.zero();
        else administration.zero(readServiceId(serviceAttributes(message)));
      }),
    ],
    [IPVS_COMMAND.flush, command(() => administration.flush())],
  ];
}

/** Returns the operation of a command that has nothing to reply. */
function command(carryOut: (message: Attributes) => void): Operation {
  return {
    do: (message) => {
      carryOut(message);
      return undefined;
    },
  };
}
