/**
 * The rules a director decides by, as docs/behaviour.md names them.
 *
 * @module
 */

const PAGE = "docs/behaviour.md";

/** A heading of docs/behaviour.md. */
export type Rule = `${typeof PAGE}#${string}`;

function rule(heading: string): Rule {
  return `${PAGE}#${heading}`;
}

/** The rules that hold for every service. */
export const RULES = {
  lookedAt: rule("which-packets-are-looked-at"),
  backup: rule("backup-directors"),
  replies: rule("replies"),
  icmpErrors: rule("icmp-errors"),
  serverConnections: rule("connections-servers-begin"),
  connections: rule("packets-of-a-connection"),
  reuse: rule("ports-used-again"),
  removed: rule("removed-real-servers"),
  beginning: rule("what-begins-a-connection"),
  services: rule("which-service"),
  defence: rule("defence"),
  exceptions: rule("left-to-the-host"),
  ports: rule("ports-of-an-ftp-service"),
  persistence: rule("persistence"),
  nobody: rule("when-nobody-can-take-it"),
  noScheduler: rule("scheduling"),
  masquerade: rule("masquerading"),
  "direct-route": rule("direct-routing"),
  tunnel: rule("tunnels"),
  bypass: rule("bypass"),
  local: rule("local-real-servers"),
} as const;

/** Returns the rule of a scheduler. */
export function schedulerRule(name: string): Rule {
  return rule(`scheduler-${name}`);
}
