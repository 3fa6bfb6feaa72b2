/**
 * The names of the rules of `uipvs lint`.
 *
 * @module
 */

/** In the order of docs/lint.md. */
export const RULE_NAMES = [
  "refused",
  "threshold-order",
  "duplicate-service",
  "duplicate-server",
  "ops-protocol",
  "zero-port",
  "other-port",
  "weight-range",
  "ignored-weights",
  "no-weight",
  "no-servers",
  "hash-fallback",
  "hash-buckets",
  "scheduler-flag",
  "persistence-mask",
  "persistence-engine",
  "shared-address",
  "short-timeout",
  "tunnel-mtu",
  "default-protocol",
  "other-family",
  "quorum",
  "unknown-keyword",
] as const;

/** Name of a rule. */
export type RuleName = (typeof RULE_NAMES)[number];
