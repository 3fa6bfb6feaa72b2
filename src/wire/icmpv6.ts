/**
 * Internet Control Message Protocol for IPv6 (RFC 4443), read and written in place.
 *
 *      0      7 8     15 16               31
 *     +--------+--------+------------------+
 *     |  type  |  code  |     checksum     |
 *     +--------+--------+------------------+
 *     |    depends on type and code        |
 *     +------------------------------------+
 *     | errors: the offending IPv6 packet..|
 *
 * The layout is ICMP's; numbers differ, and the checksum covers a pseudo-header. `at` is the header's
 * first byte in `view`. Accessors are safe once `isWhole` has said `true`.
 *
 * @module
 */
import { ICMPV6 } from "../net/protocol.ts";
import { finish, pseudoHeader6, sum } from "./checksum.ts";
import { setChecksum } from "./icmpv4.ts";

export {
  checksum,
  code,
  HEADER_LENGTH,
  isWhole,
  rest,
  setChecksum,
  setRest,
  setTypeAndCode,
  type,
} from "./icmpv4.ts";

export const UNREACHABLE = 1;
export const PACKET_TOO_BIG = 2;
export const TIME_EXCEEDED = 3;
export const PARAMETER_PROBLEM = 4;
export const ECHO_REQUEST = 128;
export const ECHO_REPLY = 129;
export const ROUTER_SOLICITATION = 133;
export const NEIGHBOR_ADVERTISEMENT = 136;
export const REDIRECT = 137;

/** Codes of `UNREACHABLE`. */
export const NO_ROUTE = 0;
export const ADDRESS_UNREACHABLE = 3;
export const PORT_UNREACHABLE = 4;

/** Code of `PARAMETER_PROBLEM`: unrecognised next header. */
export const UNKNOWN_NEXT_HEADER = 1;

/** Types from this on inform; those below report errors (RFC 4443 §2.1). */
const FIRST_INFORMATIONAL = 128;

/** Whether a message of this type reports an error about a packet it quotes. */
export function isError(type: number): boolean {
  return type < FIRST_INFORMATIONAL;
}

/** Whether the checksum of the message `[at, end)` in the packet at `network` is right. */
export function checksumIsRight(view: DataView, network: number, at: number, end: number): boolean {
  return compute(view, network, at, end) === 0;
}

/** Computes the checksum of the message `[at, end)` anew and sets it. */
export function updateChecksum(view: DataView, network: number, at: number, end: number): void {
  setChecksum(view, at, 0);
  setChecksum(view, at, compute(view, network, at, end));
}

function compute(view: DataView, network: number, at: number, end: number): number {
  return finish(sum(view, at, end, pseudoHeader6(view, network, ICMPV6, end - at)));
}
