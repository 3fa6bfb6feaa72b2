/**
 * What ip(8) can do on an emulated host: addresses, routes, rules for marks, interfaces, neighbours.
 *
 *     ip route add local 10.9.0.0/24 dev lo
 *     ip rule add fwmark 1 lookup 100
 *
 * Source: ip-address(8), ip-route(8), ip-rule(8), ip-link(8), ip-neighbour(8).
 *
 * @module
 */
import {
  type RouteConfig,
  type RouteType,
  type Routing,
  type RoutingRule,
  TABLE,
} from "../host/routing.ts";
import { type Family, parseAddress, UNSPECIFIED } from "../net/address.ts";
import { type Prefix, parsePrefix } from "../net/prefix.ts";
import { Arguments, UnsupportedCommand } from "./arguments.ts";
import type { Neighbors } from "./neighbors.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const TYPES = [
  "unicast",
  "local",
  "broadcast",
  "unreachable",
  "prohibit",
  "blackhole",
] as const satisfies readonly RouteType[];

/** Carries out the command line of one object. */
type Carry = (routing: Routing, args: Arguments, family: Family | undefined) => void;

/** What ip(8) prints where the kernel refuses, by the verb. */
const REFUSALS: Readonly<Record<string, string>> = {
  add: "RTNETLINK answers: File exists\n",
  del: "RTNETLINK answers: No such process\n",
};

/**
 * Carries out a command line.
 *
 * @returns what ip(8) prints on its error output: nothing unless the host refuses
 * @throws UnsupportedCommand for what the emulated host does not have
 */
export function runIpCommand(
  routing: Routing,
  neighbors: Neighbors,
  words: readonly string[],
): string {
  const args = new Arguments("ip", words);
  const option = args.take("-4", "-6");
  const family = option === undefined ? undefined : option === "-4" ? 4 : 6;
  const object = args.next("an object");
  if (/^n(eigh(bou?r)?)?$/.test(object)) {
    carryNeighbor(neighbors, args);
    return "";
  }
  const carry = OBJECTS.find(([names]) => names.test(object))?.[1];
  if (carry === undefined) throw args.unsupported(`object "${object}"`);
  try {
    carry(routing, args, family);
    return "";
  } catch (error) {
    if (!(error instanceof RangeError) || error instanceof UnsupportedCommand) throw error;
    const verb = words.includes("add") ? "add" : "del";
    return REFUSALS[verb]!;
  }
}

const OBJECTS: readonly (readonly [names: RegExp, carry: Carry])[] = [
  [/^a(ddr(ess)?)?$/, carryAddress],
  [/^r(oute)?$/, carryRoute],
  [/^ru(le)?$/, carryRule],
  [/^l(ink)?$/, carryLink],
];

function verb<Name extends string>(args: Arguments, ...names: readonly Name[]): Name {
  const taken = args.take(...names);
  if (taken === undefined) throw args.unsupported(`command but ${names.join(", ")} for it`);
  return taken;
}

function carryAddress(routing: Routing, args: Arguments): void {
  const adds = verb(args, "add", "del") === "add";
  const prefix = args.read("an address", parsePrefix);
  let device: string | undefined;
  while (!args.done) {
    if (args.take("dev") !== undefined) device = args.next("an interface");
    else if (args.take("nodad") === undefined)
      throw args.unsupported(`"${args.next("a word")}" here`);
  }
  if (device === undefined) throw args.unsupported("address without its interface");
  if (adds) routing.addAddress(device, prefix);
  else routing.deleteAddress(device, prefix);
}

function carryRoute(routing: Routing, args: Arguments, family: Family | undefined): void {
  const what = verb(args, "add", "append", "replace", "del");
  const type = args.take(...TYPES);
  const to = args.take("default") === undefined ? args.read("a prefix", parsePrefix) : undefined;
  const route: Partial<Mutable<RouteConfig>> = type === undefined ? {} : { type };
  while (!args.done) {
    const word = args.next("a word");
    if (word === "via") route.via = args.read("an address", parseAddress);
    else if (word === "dev") route.dev = args.next("an interface");
    else if (word === "src") route.src = args.read("an address", parseAddress);
    else if (word === "mtu") route.mtu = args.number("an MTU", 65535);
    else if (word === "metric") route.metric = args.number("a metric", 0xffffffff);
    else if (word === "table") route.table = tableNumber(args);
    else if (word !== "onlink") throw args.unsupported(`"${word}" of a route`);
  }
  const defaultFamily = family ?? route.via?.family ?? 4;
  const everywhere: Prefix = { address: UNSPECIFIED[defaultFamily], prefixLength: 0 };
  const config: RouteConfig = { ...route, to: to ?? everywhere };
  if (what === "del") {
    routing.deleteRoute(config);
    return;
  }
  if (what === "replace") {
    try {
      routing.deleteRoute({
        to: config.to,
        ...(config.table !== undefined && { table: config.table }),
      });
    } catch (error) {
      // There may be nothing to replace.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  routing.addRoute(config);
}

function carryRule(routing: Routing, args: Arguments, family: Family | undefined): void {
  const adds = verb(args, "add", "del") === "add";
  const rule: Mutable<RoutingRule> = { family: family ?? 4, table: TABLE.main };
  while (!args.done) {
    const word = args.next("a word");
    if (word === "fwmark") {
      const [value, mask] = args.read("a mark, VALUE or VALUE/MASK", readMark);
      rule.mark = value;
      if (mask !== undefined) rule.mask = mask;
    } else if (word === "lookup" || word === "table") rule.table = tableNumber(args);
    else if (word === "pref" || word === "priority")
      rule.priority = args.number("a priority", 0xffffffff);
    else throw args.unsupported(`"${word}" of a rule`);
  }
  if (adds) routing.addRule(rule);
  else routing.deleteRule(rule);
}

function readMark(text: string): readonly [mark: number, mask: number | undefined] {
  const [, value, mask] = /^(\d+|0x[\da-f]+)(?:\/(\d+|0x[\da-f]+))?$/i.exec(text) ?? [];
  if (value === undefined) throw new SyntaxError(`"${text}" is no mark`);
  return [Number(value), mask === undefined ? undefined : Number(mask)];
}

function carryLink(routing: Routing, args: Arguments): void {
  verb(args, "set");
  args.take("dev");
  const device = args.next("an interface");
  while (!args.done) {
    const word = args.next("a word");
    if (word === "up" || word === "down") routing.setUp(device, word === "up");
    else if (word === "mtu") routing.setMtu(device, args.number("an MTU", 65536));
    else throw args.unsupported(`"${word}" of a link`);
  }
}

function carryNeighbor(neighbors: Neighbors, args: Arguments): void {
  const what = verb(args, "add", "replace", "change", "del");
  const address = args.read("an address", parseAddress);
  let mac: string | undefined;
  let device: string | undefined;
  while (!args.done) {
    const word = args.next("a word");
    if (word === "lladdr") mac = args.next("a link address").toLowerCase();
    else if (word === "dev") device = args.next("an interface");
    else if (word === "nud") args.next("a state");
    else throw args.unsupported(`"${word}" of a neighbour`);
  }
  if (device === undefined) throw args.unsupported("neighbour without its interface");
  if (what === "del") neighbors.delete(device, address);
  else if (mac === undefined) throw args.unsupported("neighbour without its link address");
  else neighbors.set(device, address, mac);
}

function tableNumber(args: Arguments): number {
  const name = args.take("main", "local", "default");
  return name === undefined ? args.number("a table", 0xffffffff) : TABLE[name];
}
