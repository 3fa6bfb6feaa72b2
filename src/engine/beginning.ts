/**
 * Whether a packet that belongs to no connection may begin one.
 *
 * Source: linux ip_vs_proto_tcp.c, ip_vs_proto_udp.c, ip_vs_proto_sctp.c, `conn_schedule` of each.
 *
 * @module
 */
import { hasPorts } from "../net/protocol.ts";
import type { EngineState } from "./engine-state.ts";
import type { Packet } from "./packet.ts";
import { REASON } from "./verdict.ts";

/** The packet may begin a connection. */
export const MAY_BEGIN = -1;

/**
 * Returns MAY_BEGIN, or the reason why not: `truncated-transport` is dropped for it, with every other
 * the packet is left to the host. The packet's protocol must be one that is balanced.
 */
export function judgeBeginning(state: EngineState, packet: Packet): number {
  const protocol = state.protocol(packet.protocol)!;
  if (packet.quoted) {
    // Protocols without ports begin nothing; of the others the ports are enough.
    if (!hasPorts(packet.protocol)) return REASON["no-connection"];
    return packet.portsReadable ? MAY_BEGIN : REASON["truncated-transport"];
  }
  if (packet.fragmentOffset !== 0) return REASON.fragment;
  if (!protocol.canBeJudged(packet)) return REASON["truncated-transport"];
  return protocol.mayBegin(packet, state.sysctls) ? MAY_BEGIN : REASON["no-connection"];
}
