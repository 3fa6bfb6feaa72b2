/**
 * Changes of the host's routing as the ip(8) commands that would make them.
 *
 * @module
 */
import { type Family, formatAddress } from "../src/net/address.ts";
import { AH, ESP, ICMP, ICMPV6, SCTP, TCP, UDP } from "../src/net/protocol.ts";
import { type DefaultRoute, ORIGIN, type Prefix, TABLE } from "../src/wire/rtnetlink.ts";
import { RULE_ACTION, type Rule } from "../src/wire/rtnetlink-rule.ts";

/** Names ip(8) prints without /etc/protocols. */
const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  [ICMP]: "icmp",
  [TCP]: "tcp",
  [UDP]: "udp",
  [ESP]: "esp",
  [AH]: "ah",
  [ICMPV6]: "ipv6-icmp",
  [SCTP]: "sctp",
};

const TABLE_NAMES: Readonly<Record<number, string>> = {
  [TABLE.main]: "main",
  [TABLE.local]: "local",
};

/** Returns the command that adds or deletes a rule. */
export function ruleCommand(verb: "add" | "del", rule: Rule): string {
  const words = [ip(rule.family), "rule", verb, "pref", String(rule.priority)];
  if (rule.from) words.push("from", prefix(rule.from));
  if (rule.to) words.push("to", prefix(rule.to));
  if (rule.mark !== undefined) words.push("fwmark", `0x${rule.mark.toString(16)}`);
  if (rule.interfaceIn !== undefined) words.push("iif", rule.interfaceIn);
  if (rule.ipProtocol !== undefined) {
    words.push("ipproto", PROTOCOL_NAMES[rule.ipProtocol] ?? String(rule.ipProtocol));
  }
  words.push(...ports("sport", rule.sourcePort, rule.lastSourcePort));
  words.push(...ports("dport", rule.destinationPort, rule.lastDestinationPort));
  words.push(...action(rule));
  if (rule.origin !== 0) words.push("protocol", origin(rule.origin));
  return words.join(" ");
}

/** Returns the command that adds or deletes a route for everything into an interface. */
export function routeCommand(verb: "add" | "del", route: DefaultRoute, deviceName: string): string {
  const where = `default dev ${deviceName} table ${route.table} protocol ${origin(route.origin)}`;
  return `${ip(route.family)} route ${verb} ${where}`;
}

function ip(family: Family): string {
  return family === 4 ? "ip" : "ip -6";
}

function ports(word: string, first: number | undefined, last = first): readonly string[] {
  if (first === undefined) return [];
  return [word, last === first ? String(first) : `${first}-${last}`];
}

function prefix({ address, length }: Prefix): string {
  const text = formatAddress(address);
  return length === (address.family === 4 ? 32 : 128) ? text : `${text}/${length}`;
}

function action(rule: Rule): readonly string[] {
  if (rule.action === RULE_ACTION.lookup) {
    return ["lookup", TABLE_NAMES[rule.table ?? 0] ?? String(rule.table)];
  }
  if (rule.action === RULE_ACTION.goto) return ["goto", String(rule.target)];
  return [rule.action === RULE_ACTION.blackhole ? "blackhole" : "nop"];
}

function origin(number: number): string {
  return number === ORIGIN.kernel ? "kernel" : String(number);
}
