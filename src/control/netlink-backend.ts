/**
 * A backend that speaks the family `IPVS`: to a director of ours or to the kernel.
 *
 * Which of them is the transport's affair. Only the status files differ: a director has them in its
 * own family, the kernel below /proc/net.
 *
 * @module
 */

import {
  INFO_POLICY,
  IPVS_COMMAND,
  IPVS_NAME,
  IPVS_POLICY,
  readInfo,
  readTimeouts,
  writeTimeouts,
} from "../wire/ipvs-genl.ts";
import {
  daemonAttributes,
  readDaemon,
  writeDaemon,
  writeDaemonRole,
} from "../wire/ipvs-genl-daemon.ts";
import {
  destinationAttributes,
  readDestinationStatus,
  writeDestination,
  writeDestinationId,
} from "../wire/ipvs-genl-destination.ts";
import {
  readServiceStatus,
  serviceAttributes,
  writeService,
  writeServiceId,
} from "../wire/ipvs-genl-service.ts";
import type {
  DaemonConfig,
  DaemonRole,
  DestinationConfig,
  DestinationId,
  DestinationStatus,
  EngineInfo,
  ServiceConfig,
  ServiceId,
  ServiceStatus,
  TimeoutConfig,
} from "../wire/ipvs-objects.ts";
import { type AttributePolicy, Attributes } from "../wire/netlink-attributes.ts";
import type { Backend, StatusFile } from "./backend.ts";
import { DirectorClient } from "./director-client.ts";
import { type Fill, NetlinkClient, understand } from "./netlink-client.ts";
import type { Transport } from "./transport.ts";

/** What differs between those who answer. */
export interface NetlinkBackendOptions {
  /** Reads a status file; the default asks the peer's family `UIPVS`. */
  readonly statusFile?: ((name: StatusFile) => AsyncIterable<string>) | undefined;
}

/** Commands as netlink requests. */
export class NetlinkBackend implements Backend {
  readonly #transport: Transport;
  readonly #client: NetlinkClient;
  readonly #statusFile: (name: StatusFile) => AsyncIterable<string>;

  /** @param transport closed with the backend */
  constructor(transport: Transport, options: NetlinkBackendOptions = {}) {
    const director = new DirectorClient(transport);
    this.#transport = transport;
    this.#client = new NetlinkClient(transport, IPVS_NAME);
    this.#statusFile = options.statusFile ?? ((name) => director.statusFile(name));
  }

  info(): Promise<EngineInfo> {
    return this.#get(IPVS_COMMAND.getInfo, INFO_POLICY, readInfo);
  }

  services(): Promise<readonly ServiceStatus[]> {
    return this.#list(IPVS_COMMAND.getService, readService);
  }

  service(id: ServiceId): Promise<ServiceStatus> {
    return this.#get(IPVS_COMMAND.getService, IPVS_POLICY, readService, (writer) =>
      writeServiceId(writer, id),
    );
  }

  destinations(id: ServiceId): Promise<readonly DestinationStatus[]> {
    const read = (message: Attributes): DestinationStatus =>
      readDestinationStatus(destinationAttributes(message), id.family);
    return this.#list(IPVS_COMMAND.getDest, read, (writer) => writeServiceId(writer, id));
  }

  addService(id: ServiceId, config: ServiceConfig): Promise<void> {
    return this.#order(IPVS_COMMAND.newService, (writer) => writeService(writer, id, config));
  }

  editService(id: ServiceId, config: ServiceConfig): Promise<void> {
    return this.#order(IPVS_COMMAND.setService, (writer) => writeService(writer, id, config));
  }

  deleteService(id: ServiceId): Promise<void> {
    return this.#order(IPVS_COMMAND.delService, (writer) => writeServiceId(writer, id));
  }

  flush(): Promise<void> {
    return this.#order(IPVS_COMMAND.flush);
  }

  zero(id?: ServiceId): Promise<void> {
    return this.#order(IPVS_COMMAND.zero, (writer) => {
      if (id !== undefined) writeServiceId(writer, id);
    });
  }

  addDestination(service: ServiceId, id: DestinationId, config: DestinationConfig): Promise<void> {
    return this.#order(IPVS_COMMAND.newDest, (writer) => {
      writeServiceId(writer, service);
      writeDestination(writer, id, config);
    });
  }

  editDestination(service: ServiceId, id: DestinationId, config: DestinationConfig): Promise<void> {
    return this.#order(IPVS_COMMAND.setDest, (writer) => {
      writeServiceId(writer, service);
      writeDestination(writer, id, config);
    });
  }

  deleteDestination(service: ServiceId, id: DestinationId): Promise<void> {
    return this.#order(IPVS_COMMAND.delDest, (writer) => {
      writeServiceId(writer, service);
      writeDestinationId(writer, id);
    });
  }

  timeouts(): Promise<TimeoutConfig> {
    return this.#get(IPVS_COMMAND.getConfig, IPVS_POLICY, readTimeouts);
  }

  setTimeouts(timeouts: TimeoutConfig): Promise<void> {
    return this.#order(IPVS_COMMAND.setConfig, (writer) => writeTimeouts(writer, timeouts));
  }

  daemons(): Promise<readonly DaemonConfig[]> {
    return this.#list(IPVS_COMMAND.getDaemon, (message) => readDaemon(daemonAttributes(message)));
  }

  startDaemon(config: DaemonConfig): Promise<void> {
    return this.#order(IPVS_COMMAND.newDaemon, (writer) => writeDaemon(writer, config));
  }

  stopDaemon(role: DaemonRole): Promise<void> {
    return this.#order(IPVS_COMMAND.delDaemon, (writer) => writeDaemonRole(writer, role));
  }

  statusFile(name: StatusFile): AsyncIterable<string> {
    return this.#statusFile(name);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  async #order(command: number, fill?: Fill): Promise<void> {
    await this.#client.request(command, fill);
  }

  async #get<Value>(
    command: number,
    policy: AttributePolicy,
    read: (message: Attributes) => Value,
    fill?: Fill,
  ): Promise<Value> {
    const reply = await this.#client.request(command, fill);
    return understand(() => read(Attributes.parse(reply?.attributes ?? NOTHING, policy)));
  }

  async #list<Value>(
    command: number,
    read: (message: Attributes) => Value,
    fill?: Fill,
  ): Promise<readonly Value[]> {
    const replies = await this.#client.list(command, fill);
    return replies.map(({ attributes }) =>
      understand(() => read(Attributes.parse(attributes, IPVS_POLICY))),
    );
  }
}

const NOTHING = new Uint8Array(0);

function readService(message: Attributes): ServiceStatus {
  return readServiceStatus(serviceAttributes(message));
}
