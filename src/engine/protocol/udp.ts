/**
 * UDP as the director follows it: one state, whose timeout every packet restarts.
 *
 * Source: linux ip_vs_proto_udp.c.
 *
 * @module
 */
import { UDP } from "../../net/protocol.ts";
import * as udpHeader from "../../wire/udp.ts";
import { DIRECTION, type Protocol } from "./protocol.ts";

const TIMEOUT = 300;

/** Makes the UDP of one director, with a timeout of its own. */
export function makeUdp(): Protocol {
  return {
    number: UDP,
    stateNames: ["UDP"],
    timeouts: [TIMEOUT],
    isActive: () => false,
    assuresTemplate: (_state, direction) => direction === DIRECTION.output,
    isReadable: (packet) => udpHeader.isWhole(packet.transport, packet.end),
    canBeJudged: (packet) => udpHeader.isWhole(packet.transport, packet.end),
    mayBegin: () => true,
    startsFlow: () => false,
    isOver: () => false,
    aborts: () => false,
    next: () => 0,
  };
}
