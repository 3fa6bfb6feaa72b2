/**
 * The plain beginning of a connection: what nearly all first packets of TCP and UDP over IPv4 come to.
 *
 * It does what `ConnectionScheduling` does, told for a compiler as the plain way is, for services that are
 * asked for by address and port and remember no clients. Whatever is out of the ordinary is scheduled
 * there, from its beginning: nothing was changed.
 *
 * @module
 */
import { TCP } from "../net/protocol.ts";
import { SERVICE_FLAG } from "../wire/ipvs-objects.ts";
import * as tcpHeader from "../wire/tcp.ts";
import { NEW_SECONDS } from "./connection-lifecycle.ts";
import { CONNECTION_FLAG, type ConnectionHandle, NO_CONNECTION } from "./connection-records.ts";
import { type ConnectionScheduling, FTP_DATA_PORT, LEAVE } from "./connection-scheduling.ts";
import type { Decision } from "./decision.ts";
import type { Defence } from "./defence.ts";
import type { EngineState } from "./engine-state.ts";
import { HOOK, type Packet } from "./packet.ts";
import type { VirtualService } from "./virtual-service.ts";

/**
 * Returns the new connection of a packet for this host, which has been parsed, LEAVE, or NO_CONNECTION where
 * it cannot tell.
 *
 * @param source address of the packet, as a signed word, as is `target`
 * @param ports source port, and in the lower half the destination port
 * @param flags of TCP
 */
export type PlainBeginning = (
  packet: Packet,
  source: number,
  target: number,
  ports: number,
  flags: number,
) => ConnectionHandle | typeof LEAVE;

const TCP_NUMBER = TCP;
const OPENING = tcpHeader.SYN | tcpHeader.RST;
const SYN = tcpHeader.SYN;
const OTHER_SERVICES = SERVICE_FLAG.persistent | SERVICE_FLAG.onePacket;
const CONNTRACK = CONNECTION_FLAG.conntrack;
const LOCAL_IN = HOOK.localIn;
const NONE = NO_CONNECTION;
const DATA_PORT = FTP_DATA_PORT;
const NOBODY = LEAVE;

/** Makes the plain beginning of one director. */
export function makePlainBeginning(
  state: EngineState,
  defence: Defence,
  scheduling: ConnectionScheduling,
  decision: Decision,
): PlainBeginning {
  const { connections, services, sysctls, ftp, statsTable } = state;
  const lifetime = NEW_SECONDS * state.profile.ticksPerSecond;
  /** The service found last, by what and in which table; none where it is not a plain one. */
  let service: VirtualService | undefined;
  let servedAddress = 0;
  let servedPort = -1;
  let servedProtocol = 0;
  let revision = -1;

  return (packet, source, target, ports, flags) => {
    if (packet.hook !== LOCAL_IN || packet.mark !== 0 || defence.dropRate !== 0) return NONE;
    const { protocol } = packet;
    if (protocol === TCP_NUMBER && (flags & OPENING) !== SYN) return NONE;
    const virtualPort = ports & 0xffff;
    if (
      target !== servedAddress ||
      virtualPort !== servedPort ||
      protocol !== servedProtocol ||
      services.revision !== revision
    ) {
      find(packet, target);
    }
    if (service === undefined || (service.flags & OTHER_SERVICES) !== 0) return NONE;
    const { scheduler } = service;
    if (scheduler === undefined || ports >>> 16 === DATA_PORT) return NONE;

    // From here on the packet has been scheduled.
    decision.service = service;
    const destination = scheduler.schedule(packet);
    if (destination === undefined) return NOBODY;
    if (destination.family !== 4) return scheduling.open(service, packet, destination);
    const connection = connections.open4(
      protocol,
      source,
      target,
      ports,
      destination.address4,
      destination.port === 0 ? virtualPort : destination.port,
      destination.connectionFlags | (sysctls.conntrack !== 0 ? CONNTRACK : 0),
      lifetime,
      destination.number,
    );
    destination.bind(false);
    statsTable.countConnection(destination.statsAt);
    return connection;
  };

  /** Looks for the service of a packet, if it is one that may be plain. */
  function find(packet: Packet, target: number): void {
    const { protocol, destinationPort } = packet;
    servedAddress = target;
    servedPort = destinationPort;
    servedProtocol = protocol;
    revision = services.revision;
    service = services.byTuple(4, protocol, packet.destination, destinationPort);
    if (ftp.isWatched(protocol, destinationPort)) service = undefined;
  }
}
