/**
 * What becomes of a packet that nobody can take: no real server is usable.
 *
 * @module
 */
import * as icmpv4 from "../wire/icmpv4.ts";
import type { Decision } from "./decision.ts";
import type { IcmpErrors } from "./icmp-errors.ts";
import type { Packet } from "./packet.ts";
import { REASON, VERDICT, type Verdict } from "./verdict.ts";

const FTP_PORT = 21;

/**
 * Answers port unreachable, for TCP too, and drops; but what an FTP service caught for its data
 * connections is left to the host.
 *
 * Source: linux ip_vs_core.c `ip_vs_leave`.
 */
export function noDestination(packet: Packet, errors: IcmpErrors, decision: Decision): Verdict {
  if (decision.service?.id.port === FTP_PORT && packet.destinationPort !== FTP_PORT) {
    return decision.give(VERDICT.accept, REASON["no-destination"]);
  }
  errors.send(packet, icmpv4.UNREACHABLE, icmpv4.PORT_UNREACHABLE, 0);
  return decision.give(VERDICT.drop, REASON["no-destination"]);
}
