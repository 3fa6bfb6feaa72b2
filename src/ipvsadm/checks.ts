/**
 * Which options go together: with a command, with each other, and with a tunnel type.
 *
 * The checks run in ipvsadm's order, since the first offence decides what is said.
 *
 * @module
 */

import { UDP } from "../net/protocol.ts";
import { SERVICE_FLAG } from "../wire/ipvs-objects.ts";
import type { Draft } from "./draft.ts";
import { fatal } from "./failure.ts";
import * as messages from "./messages.ts";
import { type CommandName, OPTION_ORDER, type OptionName } from "./options.ts";

/** What may be given. An option in none of the lists is illegal. */
interface Rule {
  readonly required?: readonly OptionName[];
  /** At most one of these. */
  readonly exclusive?: readonly OptionName[];
  readonly allowed?: readonly OptionName[];
}

const SERVICE: Rule = {
  required: ["service-address"],
  allowed: ["scheduler", "persistent", "netmask", "ops", "pe", "sched-flags", "dry-run"],
};

const TUNNEL_OPTIONS = ["tun-port", "tun-nocsum", "tun-csum", "tun-remcsum"] as const;

const SERVER: Rule = {
  required: ["service-address", "real-server"],
  allowed: [
    "forwarding-method",
    "weight",
    "u-threshold",
    "l-threshold",
    "tun-type",
    ...TUNNEL_OPTIONS,
    "dry-run",
  ],
};

const COMMAND_RULES: Readonly<Record<CommandName, Rule>> = {
  "add-service": SERVICE,
  "edit-service": SERVICE,
  "delete-service": { required: ["service-address"], allowed: ["dry-run"] },
  flush: { allowed: ["dry-run"] },
  set: { allowed: ["dry-run"] },
  restore: { allowed: ["dry-run"] },
  list: {
    exclusive: ["connection", "service-address", "timeout", "daemon"],
    allowed: [
      "numeric",
      "stats",
      "rate",
      "thresholds",
      "persistent-conn",
      "nosort",
      "syncid",
      "exact",
      "tun-info",
      "json",
    ],
  },
  "add-server": SERVER,
  "edit-server": SERVER,
  "delete-server": { required: ["service-address", "real-server"], allowed: ["dry-run"] },
  "start-daemon": {
    allowed: [
      "mcast-interface",
      "syncid",
      "mcast-group",
      "mcast-port",
      "mcast-ttl",
      "sync-maxlen",
      "dry-run",
    ],
  },
  "stop-daemon": { allowed: ["syncid", "dry-run"] },
  save: { allowed: ["numeric"] },
  zero: { allowed: ["service-address", "dry-run"] },
  help: {},
  version: {},
};

const TUNNEL_RULES: Readonly<Record<Draft["tunnelType"], Rule>> = {
  ipip: {},
  gue: { required: ["tun-port"], exclusive: ["tun-nocsum", "tun-csum", "tun-remcsum"] },
  gre: { exclusive: ["tun-nocsum", "tun-csum"] },
};

/**
 * Checks that the options given are those the command takes.
 *
 * @throws Failure for the first option, in the order of the rules, that is missing or too many
 */
export function checkOptions(draft: Draft): void {
  const rule = COMMAND_RULES[draft.command];
  checkRule(draft.given, OPTION_ORDER, rule, `'${draft.command}' command`);
}

function checkRule(
  given: ReadonlySet<OptionName>,
  order: readonly OptionName[],
  rule: Rule,
  subject: string,
): void {
  let chosen: OptionName | undefined;
  for (const option of order) {
    const required = rule.required?.includes(option) === true;
    if (!given.has(option)) {
      if (required) throw fatal(messages.missingOption(option, subject));
    } else if (rule.exclusive?.includes(option) === true) {
      if (chosen !== undefined) throw fatal(messages.conflictingOptions(option, chosen, subject));
      chosen = option;
    } else if (!required && rule.allowed?.includes(option) !== true) {
      throw fatal(messages.illegalOption(option, subject));
    }
  }
}

/**
 * Checks what a service is told to be.
 *
 * @throws Failure when it makes no sense
 */
export function checkService(draft: Draft): void {
  const persistent = (draft.flags & SERVICE_FLAG.persistent) !== 0;
  const onePacket = (draft.flags & SERVICE_FLAG.onePacket) !== 0;
  if (draft.fwmark !== 0) return;
  if (draft.port === 0 && !persistent) throw fatal(messages.ZERO_PORT);
  if (onePacket && draft.protocol !== UDP) throw fatal(messages.ONE_PACKET_IS_FOR_UDP);
}

/**
 * Checks what a real server is told to be.
 *
 * @throws Failure when it makes no sense
 */
export function checkServer(draft: Draft): void {
  const tunnel = draft.method === "tunnel";
  if (draft.serverAddress.family !== draft.family && !tunnel) throw fatal(messages.FAMILIES_DIFFER);
  if (tunnel) {
    const subject = `'${draft.tunnelType}' tunnel type`;
    checkRule(draft.given, TUNNEL_OPTIONS, TUNNEL_RULES[draft.tunnelType], subject);
  } else if (anyGiven(draft, "tun-type", ...TUNNEL_OPTIONS)) {
    throw fatal(messages.TUNNEL_OPTIONS_CONFLICT);
  }
}

/**
 * Checks that a listing is asked for in one form only.
 *
 * @throws Failure when it is not
 */
export function checkListing(draft: Draft): void {
  const settings = anyGiven(draft, "timeout", "daemon");
  const counters = anyGiven(draft, "stats", "rate", "thresholds");
  if (
    (counters && (settings || draft.given.has("connection"))) ||
    (settings && draft.given.has("persistent-conn"))
  ) {
    throw fatal(messages.LIST_OPTIONS_CONFLICT);
  }
}

function anyGiven(draft: Draft, ...options: readonly OptionName[]): boolean {
  return options.some((option) => draft.given.has(option));
}
