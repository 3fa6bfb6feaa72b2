/**
 * Which packets the host is to hand over, as policy rules.
 *
 *     priority  rule                                      for
 *            1  iif DEVICE goto 5                         packets given back: they skip the others
 *            2  fwmark MARK lookup TABLE                  services of a firewall mark
 *            3  to VIP ipproto tcp dport 80 lookup TABLE  requests
 *            4  from RIP ipproto tcp sport 80 lookup TABLE  replies that are to be translated back
 *            5  lookup local                              what used to stand at priority 0
 *
 * TABLE has one route: everything into DEVICE. When the device vanishes, so does the route, and packets
 * fall through to where they went before. A mark does not survive the way through a device, so each
 * mark has a device and a table of its own.
 *
 * The host looks at ports only where it has them: the fragments of a packet match no rule with a port.
 *
 * @module
 */
import { type Address, addressBytes, type Family } from "../src/net/address.ts";
import { type Prefix, TABLE } from "../src/wire/rtnetlink.ts";
import { RULE_ACTION, type Rule } from "../src/wire/rtnetlink-rule.ts";

/** Which packets to hand over; what is left out does not matter. */
export interface Selector {
  /** A request is selected by its destination, a reply by its source. */
  readonly direction: "request" | "reply";
  readonly family: Family;
  readonly protocol?: number;
  readonly address?: Address;
  /** Port, 1–65535; needs a protocol that has ports. */
  readonly port?: number;
  /** Firewall mark, 1–4294967295; of requests. */
  readonly fwmark?: number;
}

/** How what is wanted changes. */
export interface SelectorChange {
  readonly add: readonly Selector[];
  readonly remove: readonly Selector[];
}

/** Marks our rules and routes, so that they are found without a record of them. Not used by others. */
export const OUR_ORIGIN = 176;

/** Table of the route into the device without mark; those of marks follow. */
export const FIRST_TABLE = 7070;

/** Priorities of our rules. */
export const PRIORITY = { givenBack: 1, mark: 2, request: 3, reply: 4, local: 5 } as const;

/** Returns the rule of a selector. */
export function captureRule(selector: Selector, table: number): Rule {
  const { direction, family, protocol, address, port, fwmark } = selector;
  const prefix = address && hostPrefix(address);
  const isRequest = direction === "request";
  return {
    family,
    priority: priorityOf(selector),
    origin: OUR_ORIGIN,
    action: RULE_ACTION.lookup,
    table,
    ...(prefix && (isRequest ? { to: prefix } : { from: prefix })),
    ...(protocol === undefined ? {} : { ipProtocol: protocol }),
    ...(port === undefined ? {} : isRequest ? { destinationPort: port } : { sourcePort: port }),
    ...(fwmark === undefined ? {} : { mark: fwmark }),
  };
}

/** Returns the rule that lets packets given back pass the others. */
export function givenBackRule(family: Family, deviceName: string): Rule {
  return {
    family,
    priority: PRIORITY.givenBack,
    origin: OUR_ORIGIN,
    action: RULE_ACTION.goto,
    target: PRIORITY.local,
    interfaceIn: deviceName,
  };
}

/** Returns the rule behind ours: `lookup local` in the place of the host's, or one that does nothing. */
export function landingRule(family: Family, isLocal: boolean): Rule {
  const common = { family, priority: PRIORITY.local, origin: OUR_ORIGIN };
  return isLocal
    ? { ...common, action: RULE_ACTION.lookup, table: TABLE.local }
    : { ...common, action: RULE_ACTION.nop };
}

/** Whether a rule is the one that finds local addresses, with nothing else to it. */
export function isLocalLookup(rule: Rule): boolean {
  const { family, priority, origin, action, table, ...conditions } = rule;
  return (
    action === RULE_ACTION.lookup && table === TABLE.local && Object.keys(conditions).length === 0
  );
}

/** Returns what a selector selects, for comparing: the same text for selectors of the same packets. */
export function selectorKey(selector: Selector): string {
  const { direction, family, protocol, address, port, fwmark } = selector;
  const words = address && Array.from(address.words);
  return JSON.stringify([direction, family, protocol, words, port, fwmark]);
}

function priorityOf(selector: Selector): number {
  if (selector.fwmark !== undefined) return PRIORITY.mark;
  return PRIORITY[selector.direction];
}

function hostPrefix(address: Address): Prefix {
  return { address, length: addressBytes(address).length * 8 };
}
