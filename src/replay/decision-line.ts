/**
 * What a replay says of each packet: one JSON object a line.
 *
 *     {"n":3,"time":"1700000000.123456789","verdict":"forward","reason":"request",
 *      "service":"TCP 10.0.0.100:80","destination":"10.0.1.1:80","method":"masquerade",
 *      "connection":"new"}
 *
 * Keys come in this order, and what does not apply is null, so equal replays give equal bytes.
 *
 * @module
 */
import { NO_CONNECTION } from "../engine/connection-records.ts";
import type { Decision } from "../engine/decision.ts";
import { REASONS, type ReasonName, VERDICT_NAMES, type VerdictName } from "../engine/verdict.ts";
import { formatEndpoint } from "../net/endpoint.ts";
import { SCTP, TCP, UDP } from "../net/protocol.ts";
import { FORWARDING_METHODS, type ForwardingMethod, type ServiceId } from "../wire/ipvs-objects.ts";

/** One packet's decision. */
export interface DecisionRecord {
  /** Place of the packet in the capture, from 1, as other programs number it. */
  readonly n: number;
  /** Seconds since 1970, with nine decimals. */
  readonly time: string;
  readonly verdict: VerdictName;
  readonly reason: ReasonName;
  /** The service as a listing names it: `TCP 10.0.0.100:80`, `FWM 1`. */
  readonly service: string | null;
  readonly destination: string | null;
  readonly method: ForwardingMethod | null;
  readonly connection: "new" | "existing" | "none";
}

const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  [TCP]: "TCP",
  [UDP]: "UDP",
  [SCTP]: "SCTP",
};

/**
 * Returns what was decided about a packet.
 *
 * @param n place of the packet in the capture
 * @param time nanoseconds since 1970
 */
export function decisionRecord(n: number, time: bigint, decision: Decision): DecisionRecord {
  const { service, destination, connection, isNew } = decision;
  return {
    n,
    time: formatTime(time),
    verdict: VERDICT_NAMES[decision.verdict]!,
    reason: REASONS[decision.reason]!,
    service: service === undefined ? null : formatService(service.id),
    destination: destination === undefined ? null : formatEndpoint(destination),
    method: FORWARDING_METHODS[decision.method] ?? null,
    connection: isNew ? "new" : connection === NO_CONNECTION ? "none" : "existing",
  };
}

/** Returns the name of a service: `TCP 10.0.0.100:80`, `FWM 1`. */
export function formatService(id: ServiceId): string {
  if (id.fwmark !== 0) return `FWM ${id.fwmark}`;
  return `${PROTOCOL_NAMES[id.protocol] ?? id.protocol} ${formatEndpoint(id)}`;
}

/** Returns nanoseconds as seconds with nine decimals. */
export function formatTime(time: bigint): string {
  const sign = time < 0n ? "-" : "";
  const digits = String(time < 0n ? -time : time).padStart(10, "0");
  return `${sign}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}
