/**
 * What becomes of a packet, and why.
 *
 * Reasons are numbers on the packet path, so that counting one is an addition; `REASONS` names them.
 *
 * @module
 */

/** What becomes of a packet. */
export const VERDICT = {
  /** None of the director's business, or a reply it has rewritten: the host goes on with it. */
  accept: 0,
  /** It ends here. */
  drop: 1,
  /** It leaves for a real server (or for the client), rewritten in its frame. */
  forward: 2,
  /** A fragment, kept until the rest of its packet has come. */
  hold: 3,
} as const;

/** One of the `VERDICT` numbers. */
export type Verdict = (typeof VERDICT)[keyof typeof VERDICT];

/** Name of a verdict. */
export type VerdictName = keyof typeof VERDICT;

/** Names of the verdicts, by number. */
export const VERDICT_NAMES: readonly VerdictName[] = ["accept", "drop", "forward", "hold"];

/** Why a packet got its verdict: the names, in the order of their numbers. */
export const REASONS = [
  // Forwarded.
  "request",
  "reply",
  "client-error",
  "server-error",
  "bypass",
  // Accepted.
  "not-for-us",
  "no-services",
  "not-balanced",
  "icmp",
  "unrelated-icmp",
  "no-service",
  "no-connection",
  "ftp-data-port",
  "local-reply",
  "passing-reply",
  "local-destination",
  "backup",
  // Held.
  "fragment",
  // Dropped.
  "malformed-header",
  "bad-header-checksum",
  "martian-source",
  "truncated-transport",
  "truncated-icmp",
  "bad-icmp-checksum",
  "fragment-overlap",
  "fragment-limit",
  "fragment-timeout",
  "defence",
  "no-destination",
  "destination-removed",
  "unknown-reply",
  "engine-refused",
  "helper-refused",
  "bad-tcp-checksum",
  "tunnel-error",
  "time-exceeded",
  "too-big",
  "no-route",
  "route-not-allowed",
  "loopback-destination",
  "tunnel-mtu-too-small",
  "out-of-headroom",
] as const;

/** Name of a reason. */
export type ReasonName = (typeof REASONS)[number];

/** Number of each reason. */
export const REASON = Object.fromEntries(
  REASONS.map((name, number) => [name, number]),
) as unknown as Readonly<Record<ReasonName, number>>;
