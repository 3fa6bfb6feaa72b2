/**
 * Scenarios, read: a statement a line.
 *
 * Lines that start with `#` and blank lines say nothing. The first word tells what a line is; `sh` and
 * `note` take the rest as it is, all others words.
 *
 * @module
 */
import { PACKET_LINES, readRaw, readReply, told } from "./packet-line.ts";
import { ScenarioError } from "./scenario-error.ts";
import type { ProgramName, Scenario, Statement } from "./statement.ts";
import { type Line, linesOf, placeIn, WordReader, wordsOf } from "./words.ts";

/** A statement but for its place. */
type Said = Statement extends infer One
  ? One extends unknown
    ? Omit<One, "place">
    : never
  : never;

/** Readers by the first word, which is taken already. */
const LINES: Readonly<Record<string, (words: WordReader) => Said>> = {
  topo(words) {
    const name = words.next("the name of a topology").text;
    words.end();
    return { kind: "topology", name };
  },
  ipvsadm: command("ipvsadm"),
  iptables: command("iptables"),
  ip6tables: command("ip6tables"),
  iproute: command("ip"),
  sysctl(words) {
    const name = words.next("the name of a variable").text;
    const value = words.optional()?.text;
    words.end();
    return { kind: "sysctl", name, ...(value !== undefined && { value }) };
  },
  tcp: packet("tcp"),
  udp: packet("udp"),
  sctp: packet("sctp"),
  icmp: packet("icmp"),
  ip: packet("ip"),
  reply: (words) => ({ kind: "reply", ...readReply(words) }),
  l3: (words) => ({ kind: "raw", start: "network", ...readRaw(words) }),
  frame: (words) => ({ kind: "raw", start: "frame", ...readRaw(words) }),
  sleep(words) {
    const word = words.next("a time in seconds");
    if (!/^(\d+|\d*\.\d+)$/.test(word.text)) throw words.error(word, "a time in seconds");
    words.end();
    return { kind: "sleep", duration: Number(word.text) * 1000, text: word.text };
  },
  recv(words) {
    const word = words.next("a time in milliseconds");
    if (!/^\d+$/.test(word.text)) throw words.error(word, "a time in milliseconds");
    words.end();
    return { kind: "sleep", duration: Number(word.text) };
  },
  dump(words) {
    words.end();
    return { kind: "dump" };
  },
  cat(words) {
    const path = words.next("a path").text;
    words.end();
    return { kind: "cat", path };
  },
  brief(words) {
    const on = told(words, "on or off", (text) =>
      text === "on" ? true : text === "off" ? false : undefined,
    );
    words.end();
    return { kind: "brief", on };
  },
  tap: newInterface("tap"),
  tun: newInterface("tun"),
};

/** Lines whose rest is taken as it is. */
const PLAIN: Readonly<Record<string, (text: string) => Said>> = {
  sh: (command) => ({ kind: "shell", command }),
  note: (text) => ({ kind: "note", text }),
};

/** First words there are. */
export const LINE_NAMES: readonly string[] = [...Object.keys(LINES), ...Object.keys(PLAIN)];

/** Returns what stands for a piece of a line, which starts at a column, from 1. */
export type Expand = (text: string, column: number) => string;

const AS_IT_IS: Expand = (text) => text;

/**
 * Returns what a scenario says.
 *
 * @param file name for messages
 * @throws ScenarioError for the first line that says nothing known
 */
export function parseScenario(file: string, text: string): Scenario {
  const lines = linesOf(file, text);
  const statements = lines.filter(saysSomething).map((line) => parseLine(line));
  return { file, statements, lineCount: lines.length };
}

function saysSomething({ text }: Line): boolean {
  return !/^\s*(#|$)/.test(text);
}

/**
 * Returns what a line says.
 *
 * @param expand what its words, or its rest where that is taken as it is, are to be replaced by
 * @throws ScenarioError when it says nothing known
 */
export function parseLine(line: Line, expand: Expand = AS_IT_IS): Statement {
  const [, indent = "", name = "", rest = ""] = /^(\s*)(\S+)(.*)$/.exec(line.text) ?? [];
  const place = placeIn(line, indent.length + 1);
  const plain = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined;
  if (plain !== undefined) {
    const column = line.text.length - rest.trimStart().length + 1;
    return { place, ...plain(expand(rest.trim(), column)) };
  }
  const read = Object.hasOwn(LINES, name) ? LINES[name] : undefined;
  if (read === undefined) {
    throw new ScenarioError(place, `a line that starts with one of ${LINE_NAMES.join(", ")}`, name);
  }
  const words = new WordReader(line, wordsOf(line, expand));
  words.next("the first word");
  return { place, ...read(words) };
}

function command(program: ProgramName): (words: WordReader) => Said {
  return (words) => ({ kind: "command", program, args: words.rest().map(({ text }) => text) });
}

function packet(protocol: keyof typeof PACKET_LINES): (words: WordReader) => Said {
  return (words) => ({
    kind: "packet",
    text: words.line.text.trim(),
    ...PACKET_LINES[protocol](words),
  });
}

function newInterface(type: "tap" | "tun"): (words: WordReader) => Said {
  return (words) => {
    const name = words.next("the name of an interface").text;
    words.end();
    return { kind: "interface", type, name };
  };
}
