/**
 * Routing netlink: the rules that say which routing table a packet is looked up in.
 *
 *     struct fib_rule_hdr  0         8         16        24       32
 *                          +---------+---------+---------+---------+
 *                          | family  | to len. |from len.|   TOS   |
 *                          +---------+---------+---------+---------+
 *                          |  table  |    reserved       | action  |
 *                          +---------+---------+---------+---------+
 *                          |                flags                  |
 *                          +---------------------------------------+
 *
 * Only what a rule of ours can say is written; of other rules that much is read.
 *
 * Source: linux/fib_rules.h; ip-rule(8).
 *
 * @module
 */
import { addressBytes, type Family } from "../net/address.ts";
import { type Message, viewOf } from "./netlink.ts";
import { type AttributePolicy, Attributes } from "./netlink-attributes.ts";
import type { MessageWriter } from "./netlink-writer.ts";
import {
  CHANGE,
  CREATE,
  DUMP,
  familyOf,
  hostFamily,
  type Prefix,
  RTM,
  readAddress,
  rtnetlinkMessage,
} from "./rtnetlink.ts";

const RULE_HEADER = 12;

/** Attributes of a rule. Source: linux/fib_rules.h `FRA_*`. */
const FRA = {
  to: 1,
  from: 2,
  interfaceIn: 3,
  target: 4,
  priority: 6,
  mark: 10,
  table: 15,
  markMask: 16,
  origin: 21,
  ipProtocol: 22,
  sourcePorts: 23,
  destinationPorts: 24,
} as const;

const RULE_POLICY: AttributePolicy = {
  [FRA.to]: { atLeast: 4 },
  [FRA.from]: { atLeast: 4 },
  [FRA.interfaceIn]: { text: 15 },
  [FRA.target]: "u32",
  [FRA.priority]: "u32",
  [FRA.mark]: "u32",
  [FRA.table]: "u32",
  [FRA.markMask]: "u32",
  [FRA.origin]: "u8",
  [FRA.ipProtocol]: "u8",
  [FRA.sourcePorts]: "u32",
  [FRA.destinationPorts]: "u32",
};

/** What a rule does with a packet it applies to. Source: linux/fib_rules.h `FR_ACT_*`. */
export const RULE_ACTION = { lookup: 1, goto: 2, nop: 3, blackhole: 6 } as const;

/** A rule. What is left out applies to every packet. */
export interface Rule {
  readonly family: Family;
  /** Rules are tried from the lowest number up; 0–4294967295. */
  readonly priority: number;
  /** Who made it, 0–255; see `ORIGIN`. */
  readonly origin: number;
  /** See `RULE_ACTION`; others are read, never written. */
  readonly action: number;
  /** Table of `lookup`. */
  readonly table?: number;
  /** Priority `goto` goes on at, higher than the rule's own. */
  readonly target?: number;
  /** Name of the interface the packet came by. */
  readonly interfaceIn?: string;
  readonly from?: Prefix;
  readonly to?: Prefix;
  readonly ipProtocol?: number;
  /** Port, 1–65534, or the first of several: then `lastSourcePort`, `lastDestinationPort` is there too. */
  readonly sourcePort?: number;
  readonly lastSourcePort?: number;
  readonly destinationPort?: number;
  readonly lastDestinationPort?: number;
  /** Firewall mark, compared in all bits. */
  readonly mark?: number;
}

/** Returns the request that adds a rule; one that is there already is refused with EEXIST. */
export function ruleAdd(rule: Rule): Uint8Array {
  return ruleMessage(RTM.newRule, CHANGE | CREATE, rule);
}

/** Returns the request that deletes the first rule that is like this one. */
export function ruleDelete(rule: Rule): Uint8Array {
  return ruleMessage(RTM.delRule, CHANGE, rule);
}

/** Returns the request for all rules of a family. */
export function ruleDump(family: Family): Uint8Array {
  const fixed = new Uint8Array(RULE_HEADER);
  fixed[0] = hostFamily(family);
  return rtnetlinkMessage(RTM.getRule, DUMP, fixed);
}

function ruleMessage(type: number, flags: number, rule: Rule): Uint8Array {
  const fixed = new Uint8Array(RULE_HEADER);
  fixed[0] = hostFamily(rule.family);
  fixed[1] = rule.to?.length ?? 0;
  fixed[2] = rule.from?.length ?? 0;
  fixed[7] = rule.action;
  return rtnetlinkMessage(type, flags, fixed, (writer) => writeRule(writer, rule));
}

function writeRule(writer: MessageWriter, rule: Rule): void {
  writer.u32(FRA.priority, rule.priority).u8(FRA.origin, rule.origin);
  if (rule.table !== undefined) writer.u32(FRA.table, rule.table);
  if (rule.target !== undefined) writer.u32(FRA.target, rule.target);
  if (rule.interfaceIn !== undefined) writer.text(FRA.interfaceIn, rule.interfaceIn);
  if (rule.from) writer.bytes(FRA.from, addressBytes(rule.from.address));
  if (rule.to) writer.bytes(FRA.to, addressBytes(rule.to.address));
  if (rule.ipProtocol !== undefined) writer.u8(FRA.ipProtocol, rule.ipProtocol);
  const { sourcePort, destinationPort } = rule;
  if (sourcePort !== undefined) {
    writer.u32(FRA.sourcePorts, range(sourcePort, rule.lastSourcePort));
  }
  if (destinationPort !== undefined) {
    writer.u32(FRA.destinationPorts, range(destinationPort, rule.lastDestinationPort));
  }
  if (rule.mark !== undefined) writer.u32(FRA.mark, rule.mark).u32(FRA.markMask, 0xffffffff);
}

/** Returns a range of ports: struct fib_rule_port_range, first and last port in host order. */
function range(first: number, last = first): number {
  return last * 0x10000 + first;
}

/** Returns the first port of a range, and the last one where it is another. */
function portsOf(range: number | undefined): readonly [first?: number, last?: number] {
  if (range === undefined) return [];
  const first = range & 0xffff;
  const last = range >>> 16;
  return last === first ? [first] : [first, last];
}

/**
 * Returns the rule a message tells of, or `undefined` when it is of another kind or not whole.
 *
 * @throws IpvsError when an attribute is malformed
 */
export function parseRule(message: Message): Rule | undefined {
  const { payload, type } = message;
  if ((type !== RTM.newRule && type !== RTM.delRule) || payload.length < RULE_HEADER) {
    return undefined;
  }
  const view = viewOf(payload);
  const family = familyOf(view.getUint8(0));
  if (family === undefined) return undefined;
  const attributes = Attributes.parse(payload.subarray(RULE_HEADER), RULE_POLICY);
  const action = view.getUint8(7);
  const table = attributes.u32(FRA.table) ?? view.getUint8(4);
  const to = readAddress(attributes, FRA.to, family);
  const from = readAddress(attributes, FRA.from, family);
  const [sourcePort, lastSourcePort] = portsOf(attributes.u32(FRA.sourcePorts));
  const [destinationPort, lastDestinationPort] = portsOf(attributes.u32(FRA.destinationPorts));
  const optional = {
    table: action === RULE_ACTION.lookup ? table : undefined,
    target: attributes.u32(FRA.target),
    interfaceIn: attributes.text(FRA.interfaceIn),
    to: to && { address: to, length: view.getUint8(1) },
    from: from && { address: from, length: view.getUint8(2) },
    ipProtocol: attributes.u8(FRA.ipProtocol),
    sourcePort,
    lastSourcePort,
    destinationPort,
    lastDestinationPort,
    mark: attributes.u32(FRA.mark),
  };
  return {
    family,
    // The kernel leaves out a priority of 0.
    priority: attributes.u32(FRA.priority) ?? 0,
    origin: attributes.u8(FRA.origin) ?? 0,
    action,
    ...present(optional),
  };
}

/** What is left of an object without its undefined properties. */
type Present<T> = { readonly [Key in keyof T]?: Exclude<T[Key], undefined> };

function present<T extends object>(object: T): Present<T> {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Present<T>;
}
