/**
 * Which packets the host has to hand over, told from the services there are.
 *
 * Requests are those to a service. Replies matter where they have to be translated back, so only those
 * of destinations reached by masquerading are wanted; the others answer the client directly.
 *
 * A service may catch more than its own port, and its real servers then answer from any: with port 0, by
 * firewall mark, and with FTP, whose data connections have other ports on both sides.
 *
 * @module
 */
import type { Selector } from "../../dataplane/capture-rules.ts";
import { TCP, UDP } from "../net/protocol.ts";
import type { DestinationStatus, ServiceId } from "../wire/ipvs-objects.ts";

/** Port of FTP control connections. */
const FTP = 21;

/** Returns the selectors of one service and its destinations; none for what the engine does not follow. */
export function selectorsOfService(
  id: ServiceId,
  destinations: readonly DestinationStatus[],
): readonly Selector[] {
  if (!isFollowed(id)) return [];
  const onePort = id.fwmark === 0 && !catchesOtherPorts(id);
  const selectors = [requestSelector(id, onePort)];
  for (const { id: end, config } of destinations) {
    if (config.method !== "masquerade") continue;
    selectors.push({
      direction: "reply",
      family: end.address.family,
      address: end.address,
      // A firewall mark may be of packets of any protocol.
      ...(id.fwmark === 0 ? { protocol: id.protocol } : {}),
      ...(onePort && end.port !== 0 ? { port: end.port } : {}),
    });
  }
  return selectors;
}

function requestSelector(id: ServiceId, onePort: boolean): Selector {
  const { family, fwmark, protocol, address, port } = id;
  if (fwmark !== 0) return { direction: "request", family, fwmark };
  return { direction: "request", family, protocol, address, ...(onePort ? { port } : {}) };
}

/** The engine leaves other packets alone, so they had better stay with the host. */
function isFollowed({ family, fwmark, protocol }: ServiceId): boolean {
  return family === 4 && (fwmark !== 0 || protocol === TCP || protocol === UDP);
}

function catchesOtherPorts({ protocol, port }: ServiceId): boolean {
  return port === 0 || (protocol === TCP && port === FTP);
}
