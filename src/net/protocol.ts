/**
 * Internet protocol numbers, and the names people use for them.
 *
 * Source: IANA "Assigned Internet Protocol Numbers"; linux/in.h, linux/in6.h.
 *
 * @module
 */

export const ICMP = 1;
export const IPIP = 4;
export const TCP = 6;
export const UDP = 17;
export const IPV6_IN_IP = 41;
export const GRE = 47;
export const ESP = 50;
export const AH = 51;
export const ICMPV6 = 58;
export const SCTP = 132;

/** Whether IPVS balances the protocol: TCP, UDP, SCTP, AH or ESP. */
export function isBalanced(protocol: number): boolean {
  return (
    protocol === TCP || protocol === UDP || protocol === SCTP || protocol === AH || protocol === ESP
  );
}

/** Whether the protocol's header begins with a source and a destination port: TCP, UDP or SCTP. */
export function hasPorts(protocol: number): boolean {
  return protocol === TCP || protocol === UDP || protocol === SCTP;
}
