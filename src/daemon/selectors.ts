/**
 * Which packets the host has to hand over, told from the services there are.
 *
 * Requests are those to a service. Replies matter where they have to be translated back, so only those
 * of destinations reached by masquerading are wanted; the others answer the client directly. ICMP errors
 * that pass through the host matter for the same connections, whoever sends them: a router may do so as
 * well as a real server. Those about a firewall mark's may come from both sides. Errors addressed to the
 * host itself need no selector.
 *
 * A service may catch more than its own port, and its real servers then answer from any: with port 0, by
 * firewall mark, and with FTP, whose data connections have other ports on both sides. AH and ESP packets
 * belong to the connections of UDP port 500.
 *
 * @module
 */
import type { Selector } from "../../dataplane/capture-rules.ts";
import { AH, ESP, hasPorts, ICMP, ICMPV6, SCTP, TCP, UDP } from "../net/protocol.ts";
import type { DestinationStatus, ServiceId } from "../wire/ipvs-objects.ts";

/** Port of FTP control connections. */
const FTP = 21;
/** Port of key exchange for AH and ESP. */
const ISAKMP = 500;

/** Protocols the engine follows. */
const FOLLOWED: readonly number[] = [TCP, UDP, SCTP, AH, ESP];

/** Returns the selectors of one service and its destinations; none for what the engine does not follow. */
export function selectorsOfService(
  id: ServiceId,
  destinations: readonly DestinationStatus[],
): readonly Selector[] {
  if (!isFollowed(id)) return [];
  const masqueraded = destinations.filter(({ config }) => config.method === "masquerade");
  const selectors = [
    ...requestSelectors(id),
    ...masqueraded.flatMap((end) => replySelectors(id, end)),
  ];
  if (id.fwmark !== 0 || masqueraded.length > 0) selectors.push(errorSelector(id));
  return selectors;
}

function requestSelectors(id: ServiceId): readonly Selector[] {
  const { family, fwmark, address, port } = id;
  const common = { direction: "request", family } as const;
  if (fwmark !== 0) return [{ ...common, fwmark }];
  return protocolsOf(id).map((protocol) => ({
    ...common,
    protocol,
    address,
    ...(hasPorts(protocol) && hasOnePort(id) ? { port } : {}),
  }));
}

function replySelectors(id: ServiceId, { id: end }: DestinationStatus): readonly Selector[] {
  const { address, port } = end;
  const common = { direction: "reply", family: address.family, address } as const;
  // A firewall mark may be of packets of any protocol. Each is named, as a rule that names none would also
  // be asked where the host answers ARP for a real server, and would keep it from doing so (arp_process).
  if (id.fwmark !== 0) return FOLLOWED.map((protocol) => ({ ...common, protocol }));
  return protocolsOf(id).map((protocol) => ({
    ...common,
    protocol,
    ...(hasPorts(protocol) && hasOnePort(id) && port !== 0 ? { port } : {}),
  }));
}

function errorSelector({ family }: ServiceId): Selector {
  return { direction: "error", family, protocol: family === 4 ? ICMP : ICMPV6 };
}

/** The engine leaves other packets alone, so they had better stay with the host. */
function isFollowed({ fwmark, protocol }: ServiceId): boolean {
  return fwmark !== 0 || hasPorts(protocol);
}

/** Returns the protocols of the packets a service without firewall mark catches. */
function protocolsOf({ protocol, port }: ServiceId): readonly number[] {
  const secured = protocol === UDP && (port === 0 || port === ISAKMP);
  return secured ? [protocol, AH, ESP] : [protocol];
}

function hasOnePort({ protocol, port }: ServiceId): boolean {
  return port !== 0 && !(protocol === TCP && port === FTP);
}
