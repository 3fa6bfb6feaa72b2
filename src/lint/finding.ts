/**
 * What `uipvs lint` finds.
 *
 * @module
 */
import { type Position, placeText } from "../rules/position.ts";
import type { RuleName } from "./rule-name.ts";

/**
 * How bad it is: `error` for what is refused, or does not do at all what it says; `warning` for what
 * surprises; `note` for what is good to know.
 */
export const SEVERITIES = ["error", "warning", "note"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One thing found. */
export interface Finding {
  readonly rule: RuleName;
  readonly severity: Severity;
  readonly at: Position;
  /** What is there, what it does, and what would be right. */
  readonly message: string;
}

/** The severity of each rule's findings. */
export const SEVERITY_OF: Readonly<Record<RuleName, Severity>> = {
  refused: "error",
  "threshold-order": "error",
  "duplicate-service": "error",
  "duplicate-server": "error",
  "ops-protocol": "error",
  "zero-port": "error",
  "other-port": "warning",
  "weight-range": "warning",
  "ignored-weights": "warning",
  "no-weight": "warning",
  "no-servers": "warning",
  "hash-fallback": "warning",
  "hash-buckets": "warning",
  "scheduler-flag": "warning",
  "persistence-mask": "warning",
  "persistence-engine": "warning",
  "shared-address": "note",
  "short-timeout": "warning",
  "tunnel-mtu": "note",
  "default-protocol": "warning",
  "other-family": "error",
  quorum: "warning",
  "unknown-keyword": "warning",
};

/** Returns a finding as one line. */
export function findingText({ at, severity, rule, message }: Finding): string {
  return `${placeText(at)}: ${severity}: ${message} [${rule}]`;
}

/** Whether a finding is at least as bad. */
export function isAtLeast(finding: Finding, severity: Severity): boolean {
  return SEVERITIES.indexOf(finding.severity) <= SEVERITIES.indexOf(severity);
}
