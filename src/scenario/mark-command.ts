/**
 * What iptables and ip6tables can do on an emulated host: rules that mark packets as they arrive.
 *
 *     iptables -t mangle -A PREROUTING -d 10.0.0.100 -p tcp --dport 80 -j MARK --set-mark 1
 *
 * Source: iptables(8), iptables-extensions(8) MARK.
 *
 * @module
 */
import type { MarkRule, MarkRules } from "../host/mark-rules.ts";
import type { Family } from "../net/address.ts";
import { parsePrefix } from "../net/prefix.ts";
import * as number from "../net/protocol.ts";
import { Arguments } from "./arguments.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const PROTOCOLS: Readonly<Record<string, number>> = {
  tcp: number.TCP,
  udp: number.UDP,
  sctp: number.SCTP,
  icmp: number.ICMP,
  icmpv6: number.ICMPV6,
  "ipv6-icmp": number.ICMPV6,
  esp: number.ESP,
  ah: number.AH,
};

const ALL = 0xffffffff;

/**
 * Carries out a command line.
 *
 * @throws UnsupportedCommand for anything but appending, deleting and flushing such rules
 */
export function runMarkCommand(rules: MarkRules, family: Family, words: readonly string[]): void {
  const args = new Arguments(family === 4 ? "iptables" : "ip6tables", words);
  const rule: Mutable<MarkRule> = { family, mark: 0 };
  let table = "filter";
  let verb: "append" | "delete" | "flush" | undefined;
  let target: string | undefined;
  while (!args.done) {
    const option = args.next("an option");
    switch (option) {
      case "-t":
      case "--table":
        table = args.next("a table");
        break;
      case "-A":
      case "--append":
      case "-D":
      case "--delete":
        verb = option === "-A" || option === "--append" ? "append" : "delete";
        chain(args);
        break;
      case "-F":
      case "--flush":
        verb = "flush";
        if (!args.done) chain(args);
        break;
      case "-i":
      case "--in-interface":
        rule.interface = args.next("an interface");
        break;
      case "-s":
      case "--source":
        rule.source = args.read("a prefix", parsePrefix);
        break;
      case "-d":
      case "--destination":
        rule.destination = args.read("a prefix", parsePrefix);
        break;
      case "-p":
      case "--protocol":
        rule.protocol = protocol(args);
        break;
      case "-m":
      case "--match":
        if (args.take("tcp", "udp", "sctp") === undefined) throw args.unsupported("other matches");
        break;
      case "--dport":
      case "--destination-port":
        rule.destinationPorts = args.read("a port or a range FIRST:LAST", ports);
        break;
      case "-j":
      case "--jump":
        target = args.next("a target");
        break;
      case "--set-mark":
      case "--set-xmark":
        Object.assign(
          rule,
          args.read("a mark, VALUE or VALUE/MASK", (text) => mark(text, option)),
        );
        break;
      default:
        throw args.unsupported(`option "${option}"`);
    }
  }
  if (table !== "mangle") throw args.unsupported(`table "${table}", only mangle`);
  if (verb === "flush") {
    rules.clear();
    return;
  }
  if (verb === undefined || target !== "MARK")
    throw args.unsupported("rules but those with -j MARK");
  if (verb === "append") rules.add(rule);
  else if (!rules.delete(rule)) throw args.unsupported("such rule");
}

function chain(args: Arguments): void {
  if (args.take("PREROUTING") === undefined) throw args.unsupported("chain but PREROUTING");
}

function protocol(args: Arguments): number {
  return args.read("a protocol", (text) => {
    const found = Object.hasOwn(PROTOCOLS, text) ? PROTOCOLS[text] : undefined;
    if (found !== undefined) return found;
    if (/^\d{1,3}$/.test(text) && Number(text) <= 255) return Number(text);
    throw new SyntaxError(`"${text}" is no protocol`);
  });
}

function ports(text: string): readonly [number, number] {
  const [, first, last = first] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const range = [Number(first), Number(last)] as const;
  if (!(range[0] <= range[1] && range[1] <= 65535)) throw new SyntaxError(`"${text}" are no ports`);
  return range;
}

/** Bits of the value outside the mask are set by one and turned over by the other, so none may be. */
function mark(text: string, option: string): { readonly mark: number; readonly mask?: number } {
  const [, value, mask] = /^(\d+|0x[\da-f]+)(?:\/(\d+|0x[\da-f]+))?$/i.exec(text) ?? [];
  const bits = Number(value);
  const selected = mask === undefined ? ALL : Number(mask);
  if (!(bits <= ALL && selected <= ALL)) throw new SyntaxError(`"${text}" is no mark`);
  if ((bits & ~selected) >>> 0 !== 0) {
    throw new SyntaxError(`${option} ${text} names bits outside its mask`);
  }
  return selected === ALL ? { mark: bits } : { mark: bits, mask: selected };
}
