/**
 * Which packets the host is to hand over, as policy rules.
 *
 *     priority  rule                                       for
 *            1  iif DEVICE goto 12                         packets given back: they skip the others
 *            2  fwmark MARK lookup TABLE                   services of a firewall mark
 *            3  iif LINK goto 8                            links whose packets are taken by a ring
 *            4  to VIP ipproto tcp dport 80 lookup TABLE   requests
 *            4  from RIP ipproto tcp sport 80 lookup TABLE replies that are to be translated back
 *            5  ipproto tcp dport 1-65534 goto 12          packets with ports: they skip the next
 *            6  to VIP ipproto tcp lookup TABLE            fragments, of requests and of replies
 *            7  goto 12                                    what is not by such a link skips the next
 *            8  nop                                        where packets by such a link go on
 *            9  to VIP ipproto tcp dport 80 blackhole      as 4 to 6; the host drops what the ring takes
 *           10  ipproto tcp dport 1-65534 goto 12
 *           11  to VIP ipproto tcp blackhole
 *           12  lookup local                               what used to stand at priority 0
 *           13  iif lo goto 15, iif DEVICE goto 15         the host's own, and what was given back
 *           14  ipproto icmp lookup TABLE                  errors that pass through
 *           15  nop                                        where the others go on
 *
 * TABLE has one route: everything into DEVICE. When the device vanishes, so does the route, and packets
 * fall through to where they went before. A mark does not survive the way through a device, so each
 * mark has a device and a table of its own.
 *
 * Rules 3 and 7 to 11 are there with a ring alone. They outlive a director that was killed, and so the host
 * drops packets of its services until they are removed.
 *
 * The host looks at ports only where it has them: the fragments of a packet match no rule with a port,
 * and no other packet of a protocol with ports gets past the rule for all ports.
 *
 * Messages of ICMP cannot be told apart by rules. Those for the host itself never come here: what keeps
 * neighbours known to each other must not take a detour; icmp-listener.ts hears the errors among them.
 *
 * @module
 */
import { type Address, addressBytes, type Family } from "../src/net/address.ts";
import { type Prefix, TABLE } from "../src/wire/rtnetlink.ts";
import { RULE_ACTION, type Rule } from "../src/wire/rtnetlink-rule.ts";

/** Which packets to hand over; what is left out does not matter. */
export interface Selector {
  /**
   * A request is selected by its destination, a reply by its source, and errors are all of a protocol
   * that pass through this host.
   */
  readonly direction: "request" | "reply" | "error";
  readonly family: Family;
  readonly protocol?: number;
  readonly address?: Address;
  /** Port, 1–65535; needs a protocol that has ports. */
  readonly port?: number;
  /** Firewall mark, 1–4294967295; of requests. */
  readonly fwmark?: number;
  /** Whether fragments alone are meant; needs a protocol that has ports. */
  readonly fragments?: true;
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
export const PRIORITY = {
  givenBack: 1,
  mark: 2,
  link: 3,
  capture: 4,
  whole: 5,
  fragments: 6,
  over: 7,
  taken: 8,
  takenCapture: 9,
  takenWhole: 10,
  takenFragments: 11,
  local: 12,
  own: 13,
  error: 14,
  end: 15,
} as const;

/** The ports a rule can name. Source: linux/fib_rules.h `fib_rule_port_range_valid`. */
const FIRST_PORT = 1;
const LAST_PORT = 65534;

/** Returns the rule of a selector. */
export function captureRule(selector: Selector, table: number): Rule {
  const { direction, family, protocol, address, port, fwmark } = selector;
  const prefix = address && hostPrefix(address);
  const isReply = direction === "reply";
  return {
    ...ours(family, priorityOf(selector)),
    action: RULE_ACTION.lookup,
    table,
    ...(prefix && (isReply ? { from: prefix } : { to: prefix })),
    ...(protocol === undefined ? {} : { ipProtocol: protocol }),
    ...(port === undefined ? {} : isReply ? { sourcePort: port } : { destinationPort: port }),
    ...(fwmark === undefined ? {} : { mark: fwmark }),
  };
}

/** Returns the rule that has the host drop what a ring takes of a selector. */
export function takenRule(selector: Selector): Rule {
  const { table: _, ...rule } = captureRule(selector, FIRST_TABLE);
  const priority = selector.fragments ? PRIORITY.takenFragments : PRIORITY.takenCapture;
  return { ...rule, priority, action: RULE_ACTION.blackhole };
}

/** Returns the rule by which a ring takes packets of a link. */
export function linkRule(family: Family, name: string): Rule {
  return skip(family, PRIORITY.link, PRIORITY.taken, { interfaceIn: name });
}

/** Returns the rules between those for links of a ring and those for all others. */
export function takenLandingRules(family: Family): readonly Rule[] {
  return [
    { ...ours(family, PRIORITY.taken), action: RULE_ACTION.nop },
    skip(family, PRIORITY.over, PRIORITY.local, {}),
  ];
}

/** Returns the rules that let packets given back pass those that capture. */
export function givenBackRules(family: Family, deviceName: string): readonly Rule[] {
  return [
    skip(family, PRIORITY.givenBack, PRIORITY.local, { interfaceIn: deviceName }),
    skip(family, PRIORITY.own, PRIORITY.end, { interfaceIn: deviceName }),
  ];
}

/** Returns the rule that lets packets of a protocol pass those for fragments, if they have ports. */
export function wholeRule(
  family: Family,
  protocol: number,
  priority: number = PRIORITY.whole,
): Rule {
  return skip(family, priority, PRIORITY.local, {
    ipProtocol: protocol,
    destinationPort: FIRST_PORT,
    lastDestinationPort: LAST_PORT,
  });
}

/**
 * Returns the rules ours are between: those others go on at, and `lookup local` in the place of the
 * host's. Where the host has it elsewhere, it is asked for errors alone.
 *
 * @param errors protocol of the family's errors
 */
export function landingRules(family: Family, isLocal: boolean, errors: number): readonly Rule[] {
  const local = { action: RULE_ACTION.lookup, table: TABLE.local } as const;
  const nothing = { action: RULE_ACTION.nop } as const;
  return [
    { ...ours(family, PRIORITY.end), ...nothing },
    skip(family, PRIORITY.own, PRIORITY.end, { interfaceIn: "lo" }),
    ...(isLocal ? [] : [{ ...ours(family, PRIORITY.own), ...local, ipProtocol: errors }]),
    { ...ours(family, PRIORITY.local), ...(isLocal ? local : nothing) },
  ];
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
  const { direction, family, protocol, address, port, fwmark, fragments } = selector;
  const words = address && Array.from(address.words);
  return JSON.stringify([direction, family, protocol, words, port, fwmark, fragments]);
}

function priorityOf({ direction, fwmark, fragments }: Selector): number {
  if (fwmark !== undefined) return PRIORITY.mark;
  if (direction === "error") return PRIORITY.error;
  return fragments ? PRIORITY.fragments : PRIORITY.capture;
}

function skip(
  family: Family,
  priority: number,
  target: number,
  conditions: Omit<Partial<Rule>, "family" | "priority" | "origin" | "action">,
): Rule {
  return { ...ours(family, priority), action: RULE_ACTION.goto, target, ...conditions };
}

function ours(family: Family, priority: number): Pick<Rule, "family" | "priority" | "origin"> {
  return { family, priority, origin: OUR_ORIGIN };
}

function hostPrefix(address: Address): Prefix {
  return { address, length: addressBytes(address).length * 8 };
}
