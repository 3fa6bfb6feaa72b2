/**
 * Reads the statements that make services and real servers, and remarks on all others.
 *
 * Source: keepalived.conf(5), "LVS configuration".
 *
 * @module
 */
import { schedulers } from "../../schedulers/index.ts";
import { SCTP, TCP, UDP } from "../net/protocol.ts";
import { SERVICE_FLAG, type TimeoutConfig } from "../wire/ipvs-objects.ts";
import { expected } from "./keepalived-error.ts";
import { SERVER_KEYWORDS, SERVICE_KEYWORDS, TOP_KEYWORDS } from "./keywords.ts";
import type { Remark } from "./remark.ts";
import { type Statement, statementText, type Word } from "./statement.ts";
import { addressOf, granularityOf, methodOf, numberOf, portOf, rangeOf, wordAt } from "./values.ts";
import type {
  Configuration,
  Group,
  Placed,
  RealServer,
  Target,
  VirtualServer,
} from "./virtual-server.ts";

const U32_MAX = 0xffffffff;
const WEIGHT_MAX = 0x7fffffff;
/** Seconds of a persistence that is asked for without a number. */
export const DEFAULT_PERSISTENCE = 360;
const TIMEOUT_MAX = 86400;

/** Takes notice of what is left out or changed. */
export type Notice = (remark: Remark) => void;

/**
 * Returns what of a configuration is about the table.
 *
 * @param path the file that includes all others
 * @throws KeepalivedError for a statement about the table that cannot be understood
 */
export function readConfiguration(
  path: string,
  statements: readonly Statement[],
  notice: Notice,
): Configuration {
  const groups: Group[] = [];
  const virtualServers: VirtualServer[] = [];
  let timeouts: Configuration["timeouts"];
  for (const statement of statements) {
    switch (statement.words[0].text) {
      case "virtual_server_group":
        groups.push(readGroup(statement));
        break;
      case "virtual_server":
        virtualServers.push(readVirtualServer(statement, notice));
        break;
      case "global_defs":
        timeouts = readGlobals(statement, notice) ?? timeouts;
        break;
      default:
        leaveOut(statement, TOP_KEYWORDS, notice);
    }
  }
  return { path, groups, virtualServers, timeouts };
}

/** Returns the place and text of a statement. */
function placed(statement: Statement): Placed {
  return { at: statement.words[0].at, text: statementText(statement) };
}

function leaveOut(statement: Statement, known: ReadonlyMap<string, string>, notice: Notice): void {
  const reason = known.get(statement.words[0].text);
  notice({
    ...placed(statement),
    what: "left out",
    reason: reason ?? "unknown keyword, which keepalived ignores too",
    rule: reason === undefined ? "unknown-keyword" : undefined,
  });
}

function blockOf(statement: Statement): readonly Statement[] {
  if (statement.block === undefined) throw expected(statement.end, '"{"', undefined);
  return statement.block;
}

function readGlobals(statement: Statement, notice: Notice): Configuration["timeouts"] {
  const others: string[] = [];
  let timeouts: Configuration["timeouts"];
  for (const inner of blockOf(statement)) {
    const { text: keyword, at } = inner.words[0];
    if (keyword === "lvs_timeouts") {
      timeouts = { config: readTimeouts(inner), at };
    } else if (keyword === "lvs_sync_daemon") {
      const reason = "synchronisation daemons are started with --start-daemon";
      notice({ ...placed(inner), what: "left out", reason });
    } else others.push(keyword);
  }
  if (others.length > 0 || timeouts === undefined) leaveOut(statement, TOP_KEYWORDS, notice);
  return timeouts;
}

function readTimeouts(statement: Statement): TimeoutConfig {
  const names: Readonly<Record<string, keyof TimeoutConfig>> = {
    tcp: "tcp",
    tcpfin: "tcpFin",
    udp: "udp",
  };
  const config: Record<keyof TimeoutConfig, number> = { tcp: 0, tcpFin: 0, udp: 0 };
  wordAt(statement, 1, "tcp, tcpfin or udp");
  for (let index = 1; index < statement.words.length; index += 2) {
    const { text, at } = statement.words[index]!;
    const name = Object.hasOwn(names, text) ? names[text] : undefined;
    if (name === undefined) throw expected(at, "tcp, tcpfin or udp", text);
    config[name] = numberOf(wordAt(statement, index + 1, "seconds"), 1, TIMEOUT_MAX, "seconds");
  }
  return config;
}

function readGroup(statement: Statement): Group {
  const name = wordAt(statement, 1, "a name").text;
  const members = blockOf(statement).map((member) => {
    const first = member.words[0];
    return { ...placed(member), target: readMember(member, first) };
  });
  return { ...placed(statement), name, members };
}

function readMember(member: Statement, first: Word): Exclude<Target, { kind: "group" }> {
  if (first.text === "fwmark") return readFwmark(member, 1);
  return { kind: "addresses", addresses: rangeOf(first), port: portOf(member.words[1]) };
}

function readFwmark(statement: Statement, index: number): Extract<Target, { kind: "fwmark" }> {
  const fwmark = numberOf(
    wordAt(statement, index, "a firewall mark"),
    1,
    U32_MAX,
    "a firewall mark",
  );
  const family = statement.words[index + 1];
  return { kind: "fwmark", fwmark, family: family === undefined ? undefined : familyOf(family) };
}

function familyOf({ text, at }: Word): 4 | 6 {
  if (text !== "inet" && text !== "inet6") throw expected(at, "inet or inet6", text);
  return text === "inet" ? 4 : 6;
}

function readTarget(statement: Statement): Target {
  const first = wordAt(statement, 1, "an address, fwmark or group");
  if (first.text === "group") {
    return { kind: "group", name: wordAt(statement, 2, "the name of a group").text };
  }
  if (first.text === "fwmark") return readFwmark(statement, 2);
  return { kind: "addresses", addresses: [addressOf(first)], port: portOf(statement.words[2]) };
}

function readVirtualServer(statement: Statement, notice: Notice): VirtualServer {
  const server: VirtualServer = {
    ...placed(statement),
    settings: {},
    target: readTarget(statement),
    flags: 0,
    persistence: 0,
    quorum: 1,
    hysteresis: 0,
    inhibits: false,
    servers: [],
  };
  let sorryInhibits = false;
  for (const inner of blockOf(statement)) {
    server.settings[inner.words[0].text] = inner.words[0].at;
    switch (inner.words[0].text) {
      case "sorry_server_inhibit":
        sorryInhibits = server.sorry !== undefined;
        break;
      case "sorry_server":
        server.sorry = readServerHead(inner);
        break;
      case "sorry_server_lvs_method":
        if (server.sorry !== undefined) server.sorry.method = methodOf(inner);
        break;
      case "inhibit_on_failure":
        server.inhibits = isOn(inner);
        leaveOut(inner, SERVICE_KEYWORDS, notice);
        break;
      case "real_server":
        server.servers.push(readRealServer(inner, notice));
        break;
      default:
        readServiceSetting(server, inner, notice);
    }
  }
  if (server.sorry !== undefined) server.sorry.inhibits = sorryInhibits;
  return server;
}

const PROTOCOLS: Readonly<Record<string, number>> = { TCP, UDP, SCTP };

const PLAIN_FLAGS: Readonly<Record<string, number>> = {
  ops: SERVICE_FLAG.onePacket,
  "flag-1": SERVICE_FLAG.scheduler1,
  "flag-2": SERVICE_FLAG.scheduler2,
  "flag-3": SERVICE_FLAG.scheduler3,
};

const OWN_FLAGS: Readonly<Record<string, number>> = {
  fallback: SERVICE_FLAG.scheduler1,
  port: SERVICE_FLAG.scheduler2,
};

function readServiceSetting(server: VirtualServer, statement: Statement, notice: Notice): void {
  const keyword = statement.words[0].text;
  switch (keyword) {
    case "lvs_sched":
    case "lb_algo": {
      const { text, at } = wordAt(statement, 1, "a scheduler");
      if (!schedulers.has(text))
        throw expected(at, `one of ${[...schedulers.keys()].join(", ")}`, text);
      server.scheduler = text;
      break;
    }
    case "lvs_method":
    case "lb_kind":
      server.method = methodOf(statement);
      break;
    case "protocol": {
      const { text, at } = wordAt(statement, 1, "TCP, UDP or SCTP");
      const protocol = PROTOCOLS[text.toUpperCase()];
      if (protocol === undefined) throw expected(at, "TCP, UDP or SCTP", text);
      server.protocol = protocol;
      break;
    }
    case "persistence_timeout": {
      const [, seconds] = statement.words;
      server.persistence =
        seconds === undefined ? DEFAULT_PERSISTENCE : numberOf(seconds, 1, U32_MAX, "seconds");
      break;
    }
    case "persistence_granularity": {
      const { target } = server;
      const known = target.kind === "addresses" ? target.addresses[0]?.family : server.family;
      const word = wordAt(statement, 1, "a mask or prefix length");
      server.granularity = granularityOf(word, known);
      break;
    }
    case "persistence_engine": {
      const { text, at } = wordAt(statement, 1, "sip");
      if (text !== "sip") throw expected(at, "sip", text);
      server.engine = text;
      break;
    }
    case "ip_family":
      server.family = familyOf(wordAt(statement, 1, "inet or inet6"));
      break;
    case "quorum":
      server.quorum = numberOf(wordAt(statement, 1, "a quorum"), 1, WEIGHT_MAX, "a quorum");
      break;
    case "hysteresis":
      server.hysteresis = numberOf(wordAt(statement, 1, "a weight"), 0, WEIGHT_MAX, "a weight");
      break;
    default:
      readFlag(server, statement, notice);
  }
}

function readFlag(server: VirtualServer, statement: Statement, notice: Notice): void {
  const keyword = statement.words[0].text;
  const own = /^(sh|mh)-(fallback|port)$/.exec(keyword);
  if (Object.hasOwn(PLAIN_FLAGS, keyword)) server.flags |= PLAIN_FLAGS[keyword]!;
  else if (own === null) leaveOut(statement, SERVICE_KEYWORDS, notice);
  else if (own[1] === server.scheduler) server.flags |= OWN_FLAGS[own[2]!]!;
  else {
    const reason = `keepalived takes it only behind "lvs_sched ${own[1]}"`;
    notice({ ...placed(statement), what: "left out", reason, rule: "scheduler-flag" });
  }
}

function isOn(statement: Statement): boolean {
  const word = statement.words[1];
  if (word === undefined) return true;
  if (/^(on|true|yes)$/i.test(word.text)) return true;
  if (/^(off|false|no)$/i.test(word.text)) return false;
  throw expected(word.at, "on or off", word.text);
}

function readServerHead(statement: Statement): RealServer {
  return {
    ...placed(statement),
    address: addressOf(wordAt(statement, 1, "an address")),
    port: portOf(statement.words[2]),
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    inhibits: false,
    settings: {},
  };
}

function readRealServer(statement: Statement, notice: Notice): RealServer {
  const server = readServerHead(statement);
  for (const inner of blockOf(statement)) {
    server.settings[inner.words[0].text] = inner.words[0].at;
    const number = (max: number, what: string) => numberOf(wordAt(inner, 1, what), 0, max, what);
    switch (inner.words[0].text) {
      case "weight":
        server.weight = number(WEIGHT_MAX, "a weight");
        break;
      case "uthreshold":
        server.upperThreshold = number(U32_MAX, "a number of connections");
        break;
      case "lthreshold":
        server.lowerThreshold = number(U32_MAX, "a number of connections");
        break;
      case "lvs_method":
      case "lb_kind":
        server.method = methodOf(inner);
        break;
      case "inhibit_on_failure":
        server.inhibits = isOn(inner);
        leaveOut(inner, SERVER_KEYWORDS, notice);
        break;
      default:
        leaveOut(inner, SERVER_KEYWORDS, notice);
    }
  }
  return server;
}
