/**
 * The words of the JSON documents, for who writes and who reads them.
 *
 * @module
 */
import { SCTP, TCP, UDP } from "../../net/protocol.ts";
import { SERVICE_FLAG, TUNNEL_TYPE } from "../../wire/ipvs-objects.ts";

/**
 * Names of the documents, each with the number of its form: the first entry of every document. A
 * number grows when a reader of the form before would misunderstand or refuse the new one.
 */
export const SCHEMA = {
  services: "uipvs/services/1",
  connections: "uipvs/connections/1",
  timeouts: "uipvs/timeouts/1",
  daemons: "uipvs/daemons/1",
  diff: "uipvs/diff/1",
  import: "uipvs/import/1",
  lint: "uipvs/lint/1",
} as const;

/** Protocol numbers by name; any other protocol is written as its number. */
export const PROTOCOLS: Readonly<Record<string, number>> = { tcp: TCP, udp: UDP, sctp: SCTP };

/** Bits of the scheduler flags by name, in the order they are listed. */
export const SCHEDULER_FLAG_BITS: Readonly<Record<string, number>> = {
  "flag-1": SERVICE_FLAG.scheduler1,
  "flag-2": SERVICE_FLAG.scheduler2,
  "flag-3": SERVICE_FLAG.scheduler3,
};

/** Tunnel types by name; any other type is written as its number. */
export const TUNNEL_TYPES: Readonly<Record<string, number>> = TUNNEL_TYPE;

/** Returns the name a table has for a number, or the number itself. */
export function nameOrNumber(
  names: Readonly<Record<string, number>>,
  value: number,
): string | number {
  return Object.keys(names).find((name) => names[name] === value) ?? value;
}
