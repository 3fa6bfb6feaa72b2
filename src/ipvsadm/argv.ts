/**
 * From the words of a command line to a `Command`.
 *
 * Everything is checked here that can be checked without asking the director, in the order ipvsadm
 * checks it: the options from left to right, then the operands, then what goes together.
 *
 * @module
 */

import { UNSPECIFIED } from "../net/address.ts";
import { type ServiceId, TUNNEL_TYPE } from "../wire/ipvs-objects.ts";
import { checkListing, checkOptions, checkServer, checkService } from "./checks.ts";
import type { Command, Listing, ServiceColumns } from "./command.ts";
import { type Draft, newDraft } from "./draft.ts";
import { fatal, optionFailure, usageFailure } from "./failure.ts";
import * as messages from "./messages.ts";
import { applyOption, TIMEOUT_MAX } from "./option-effects.ts";
import { type CommandLineOption, type CommandName, OPTIONS } from "./options.ts";
import { OptionScanner } from "./popt.ts";
import { parseSchedulerFlags } from "./scheduler-flags.ts";
import { type NameLookup, parseNumber } from "./values.ts";

/** What reading a command line depends on besides its words. */
export interface ParseContext {
  /** Name of the program, for messages. */
  readonly program: string;
  /** Whether the first operand ends the options, as POSIXLY_CORRECT asks. */
  readonly posixOrder: boolean;
  /** Whether the line comes from a restore, inside which no other can begin. */
  readonly restoring: boolean;
  readonly lookup: NameLookup;
}

const DEFAULT_SCHEDULER = "wlc";
const DRY_RUN = { dryRun: true } as const;

/**
 * Returns the command the words stand for; no words at all list the services.
 *
 * @param argv arguments without the program's name
 * @throws Failure when they stand for none
 */
export async function parseCommandLine(
  argv: readonly string[],
  context: ParseContext,
): Promise<Command> {
  const scanner = new OptionScanner(argv, OPTIONS, context.posixOrder);
  if (argv.length === 0) return listing(newDraft("list"));
  const first = scanner.next();
  const command = first.kind === "option" ? first.option.command : undefined;
  if (first.kind !== "option" || command === undefined) throw usageFailure(context.program);
  if (command === "restore" && context.restoring) throw usageFailure(context.program);
  if (command === "help" || command === "version") return { verb: command };

  const draft = newDraft(command);
  await applyOption(draft, first.option.long, first.value, context.lookup);
  await readOptions(draft, scanner, context.lookup);
  const operands = command === "set" ? readTimeouts(draft, scanner.operands) : scanner.operands;
  if (operands[0] !== undefined) throw fatal(messages.unexpectedArgument(operands[0]));
  if (draft.schedulerFlags !== undefined) {
    draft.flags |= parseSchedulerFlags(draft.schedulerFlags, draft.scheduler || DEFAULT_SCHEDULER);
  }
  checkOptions(draft);
  const built = BUILDERS[command](draft);
  return { ...built, ...(draft.given.has("dry-run") ? DRY_RUN : {}) };
}

async function readOptions(
  draft: Draft,
  scanner: OptionScanner<CommandLineOption>,
  lookup: NameLookup,
): Promise<void> {
  for (;;) {
    const step = scanner.next();
    if (step.kind === "end") return;
    if (step.kind === "fault") throw optionFailure(scanner.token, step.fault);
    const { option, value } = step;
    if (option.command !== undefined) throw fatal(messages.secondCommand(scanner.token));
    if (option.name !== undefined) {
      if (draft.given.has(option.name)) throw fatal(messages.repeatedOption(option.name));
      draft.given.add(option.name);
    }
    await applyOption(draft, option.long, value, lookup);
  }
}

/** Takes the three operands of `--set` and returns the others. */
function readTimeouts(draft: Draft, operands: readonly string[]): readonly string[] {
  const [tcp, tcpFin, udp, ...others] = operands;
  if (tcp === undefined || tcpFin === undefined || udp === undefined) {
    throw fatal(messages.THREE_TIMEOUTS);
  }
  draft.timeouts = [parseTimeout(tcp), parseTimeout(tcpFin), parseTimeout(udp)];
  return others;
}

function parseTimeout(text: string): number {
  const seconds = parseNumber(text, 0, TIMEOUT_MAX);
  if (seconds === undefined) throw fatal(messages.invalidTimeout(text));
  return seconds;
}

const BUILDERS: Readonly<Record<CommandName, (draft: Draft) => Command>> = {
  "add-service": (draft) => serviceChange("add-service", draft),
  "edit-service": (draft) => serviceChange("edit-service", draft),
  "delete-service": (draft) => ({ verb: "delete-service", id: serviceId(draft) }),
  flush: () => ({ verb: "flush" }),
  restore: () => ({ verb: "restore" }),
  save: (draft) => ({ verb: "save", numeric: draft.given.has("numeric") }),
  "add-server": (draft) => serverChange("add-server", draft),
  "edit-server": (draft) => serverChange("edit-server", draft),
  "delete-server": (draft) => ({
    verb: "delete-server",
    service: serviceId(draft),
    id: { address: draft.serverAddress, port: draft.serverPort },
  }),
  list: listing,
  zero: (draft) =>
    isAnyService(draft) ? { verb: "zero" } : { verb: "zero", id: serviceId(draft) },
  set: ({ timeouts: [tcp, tcpFin, udp] }) => ({ verb: "set", timeouts: { tcp, tcpFin, udp } }),
  "start-daemon": (draft) => ({
    verb: "start-daemon",
    config: {
      role: draft.role,
      interfaceName: draft.interfaceName,
      syncId: draft.syncId,
      maxLength: draft.maxLength,
      group: draft.group,
      port: draft.groupPort,
      ttl: draft.groupTtl,
    },
  }),
  "stop-daemon": (draft) => ({ verb: "stop-daemon", role: draft.role }),
  help: () => ({ verb: "help" }),
  version: () => ({ verb: "version" }),
};

function serviceId(draft: Draft): ServiceId {
  const { family, fwmark } = draft;
  if (fwmark !== 0) {
    return { family, protocol: 0, address: UNSPECIFIED[family], port: 0, fwmark };
  }
  return { family, protocol: draft.protocol, address: draft.address, port: draft.port, fwmark: 0 };
}

/** Whether no service was named, or the one with neither address nor port. */
function isAnyService(draft: Draft): boolean {
  return draft.fwmark === 0 && draft.port === 0 && draft.address.words.every((word) => word === 0);
}

function serviceChange(verb: "add-service" | "edit-service", draft: Draft): Command {
  checkService(draft);
  return {
    verb,
    id: serviceId(draft),
    config: {
      scheduler: draft.scheduler || DEFAULT_SCHEDULER,
      flags: draft.flags,
      timeout: draft.persistence,
      netmask: draft.netmask,
      persistenceEngine: draft.engine || undefined,
    },
  };
}

function serverChange(verb: "add-server" | "edit-server", draft: Draft): Command {
  checkServer(draft);
  // Packets reach such a server as they came, so it must listen on the service's own port.
  const keepsPort = draft.fwmark !== 0 || draft.method === "masquerade";
  return {
    verb,
    service: serviceId(draft),
    id: { address: draft.serverAddress, port: keepsPort ? draft.serverPort : draft.port },
    config: {
      method: draft.method,
      weight: draft.weight,
      upperThreshold: draft.upperThreshold,
      lowerThreshold: draft.lowerThreshold,
      tunnelType: TUNNEL_TYPE[draft.tunnelType],
      tunnelPort: draft.tunnelPort,
      tunnelFlags: draft.tunnelFlags,
    },
  };
}

/** In the order they win over each other. */
const COLUMNS: readonly Exclude<ServiceColumns, "plain">[] = [
  "stats",
  "rate",
  "thresholds",
  "persistent-conn",
  "tun-info",
];

function listing(draft: Draft): Listing {
  checkListing(draft);
  const { given } = draft;
  const numeric = given.has("numeric");
  const json = given.has("json");
  if (given.has("connection")) {
    return {
      verb: "list",
      subject: "connections",
      engineData: given.has("persistent-conn"),
      numeric,
      json,
    };
  }
  if (given.has("timeout")) return { verb: "list", subject: "timeouts", json };
  if (given.has("daemon")) return { verb: "list", subject: "daemons", json };
  return {
    verb: "list",
    subject: "services",
    ...(given.has("service-address") ? { service: serviceId(draft) } : {}),
    columns: COLUMNS.find((columns) => given.has(columns)) ?? "plain",
    numeric,
    exact: given.has("exact"),
    sorted: !given.has("nosort"),
    json,
  };
}
