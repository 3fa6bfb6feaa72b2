/**
 * What the parts of one director share: tables, variables, time, and the way out for new packets.
 *
 * @module
 */
import type { Ticks } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { AddressWords, Family } from "../net/address.ts";
import { AH, ESP } from "../net/protocol.ts";
import type { Frame } from "../wire/frame.ts";
import { ConnectionTable } from "./connection-table.ts";
import { DestinationIndex } from "./destination-index.ts";
import { FTP_PORT, FtpConnections } from "./helper/ftp-connections.ts";
import type { Host } from "./host.ts";
import type { Profile } from "./profile.ts";
import { makeAhEsp } from "./protocol/ah-esp.ts";
import type { Protocol } from "./protocol/protocol.ts";
import { makeSctp } from "./protocol/sctp.ts";
import { makeTcp } from "./protocol/tcp.ts";
import { makeUdp } from "./protocol/udp.ts";
import { ServiceTable } from "./service-table.ts";
import { StatsTable } from "./stats.ts";
import { SyncDaemons } from "./sync/sync-daemons.ts";
import type { SyncMaster } from "./sync/sync-master.ts";
import type { Sysctls } from "./sysctl.ts";
import type { Variables } from "./variables.ts";

/**
 * Takes a packet the director made itself, an ICMP error. The frame may be used again as soon as this
 * returns.
 */
export type Emit = (frame: Frame, family: Family, nextHop: Readonly<AddressWords>) => void;

/** What an engine is made of. */
export interface EngineParts {
  readonly profile: Profile;
  readonly host: Host;
  readonly random: Random;
  readonly emit: Emit;
  /** Virtual ports on which the FTP helper is wanted; 21 unless given. */
  readonly ftpPorts?: readonly number[] | undefined;
  readonly variables: Variables;
  /** The present tick. */
  readonly now: Ticks;
}

/** The shared state of one director. */
export class EngineState {
  readonly profile: Profile;
  readonly host: Host;
  readonly random: Random;
  readonly emit: Emit;
  readonly services = new ServiceTable();
  /** Destinations in service, by their own address. */
  readonly index = new DestinationIndex();
  readonly connections: ConnectionTable;
  /** More about the connections that are FTP's. */
  readonly ftp: FtpConnections;
  readonly variables: Variables;
  /** The values of the variables. */
  readonly sysctls: Sysctls;
  readonly tcp: Protocol = makeTcp();
  readonly udp: Protocol = makeUdp();
  /** The synchronisation daemons. */
  readonly daemons: SyncDaemons;
  /** All statistics. */
  readonly statsTable = new StatsTable();
  /** Whom packets are counted for while a master daemon runs. */
  master: SyncMaster | undefined;
  /** Of everything together. */
  readonly stats = this.statsTable.total;
  /** Services of each family: without one, no packet of that family is looked at. */
  readonly servicesOfFamily: Record<Family, number> = { 4: 0, 6: 0 };
  /** Services whose persistence engine also follows what real servers begin. */
  serverFollowing = 0;
  /** The time now, in ticks. */
  now: Ticks;
  readonly #protocols: (Protocol | undefined)[] = new Array(256).fill(undefined);

  constructor(parts: EngineParts) {
    this.profile = parts.profile;
    this.host = parts.host;
    this.random = parts.random;
    this.emit = parts.emit;
    this.variables = parts.variables;
    this.sysctls = parts.variables.values;
    this.daemons = new SyncDaemons(parts.host, this.services);
    this.stats.estimated(true);
    this.now = parts.now;
    this.connections = new ConnectionTable(parts.random.uint32());
    this.ftp = new FtpConnections(parts.ftpPorts ?? [FTP_PORT]);
    const others = [makeSctp(), makeAhEsp(AH), makeAhEsp(ESP)];
    for (const protocol of [this.tcp, this.udp, ...others]) {
      this.#protocols[protocol.number] = protocol;
    }
  }

  /** Returns the balanced protocol of a number, or `undefined` for one not followed. */
  protocol(number: number): Protocol | undefined {
    return this.#protocols[number];
  }
}
