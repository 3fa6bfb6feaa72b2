/**
 * Lines that say what clients and real servers do, read.
 *
 *     client 203.0.113.7 gets 10.0.0.100:80 x100
 *     clients 203.0.113.0/24 get 10.0.0.100:80 x1000 every 10ms staying 5s
 *     server 192.168.10.11 refuses
 *
 * @module
 */
import { parseEndpoint } from "../net/endpoint.ts";
import { ADDRESS_BITS } from "../net/prefix.ts";
import { readNumber } from "../scenario/options.ts";
import { told } from "../scenario/packet-line.ts";
import type { WordReader } from "../scenario/words.ts";
import { DURATION, parseDuration } from "./duration.ts";
import { attempt, readAddress, readClients } from "./ends.ts";
import type {
  Behaviour,
  Deed,
  ExchangeAction,
  ExchangeProtocol,
  ServerAction,
  VirtualAction,
} from "./script.ts";

/** Exchanges a line may ask for. */
const MOST = 1_000_000;

const DEEDS: Readonly<Record<string, Deed>> = {
  get: "get",
  gets: "get",
  open: "open",
  opens: "open",
  send: "send",
  sends: "send",
  close: "close",
  closes: "close",
  ask: "ask",
  asks: "ask",
};
const BEHAVIOURS: readonly Behaviour[] = ["answers", "refuses", "silent"];
const PROTOCOLS: readonly ExchangeProtocol[] = ["tcp", "udp", "sctp"];

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Reads what follows `client` or `clients`. */
export function readExchange(words: WordReader): Omit<ExchangeAction, "place"> {
  const clients = told(words, "a client's ADDRESS[:PORT], or a prefix ADDRESS/LENGTH", readClients);
  const deed = told(words, "gets, opens, sends, closes or asks", (text) =>
    Object.hasOwn(DEEDS, text) ? DEEDS[text] : undefined,
  );
  if (words.peek()?.text === "to") words.next("to");
  const word = words.peek();
  const to = told(words, "the service, ADDRESS:PORT", (text) => attempt(() => parseEndpoint(text)));
  const { address, prefixLength, port } = clients;
  if (to.address.family !== address.family) {
    throw words.error(word, `an IPv${address.family} address like the client's`);
  }
  const action: Mutable<Omit<ExchangeAction, "place">> = {
    kind: "exchange",
    deed,
    protocol: deed === "ask" ? "udp" : "tcp",
    clients: { address, prefixLength },
    to,
    count: 1,
    ...(port !== undefined && { port }),
  };
  for (let option = words.optional(); option !== undefined; option = words.optional()) {
    const { text } = option;
    const count = /^x([1-9]\d*)$/.exec(text)?.[1];
    const mark = /^mark=(.*)$/.exec(text)?.[1];
    if (count !== undefined && Number(count) <= MOST) action.count = Number(count);
    else if (mark !== undefined) {
      const value = readNumber(mark, 0xffffffff);
      if (value === undefined) throw words.error(option, "a mark, 0–4294967295", 5);
      action.mark = value;
    } else if (text === "every") action.every = told(words, DURATION, parseDuration);
    else if (text === "staying") action.staying = told(words, DURATION, parseDuration);
    else if (text === "over") {
      action.protocol = told(words, "tcp, udp or sctp", (name) =>
        PROTOCOLS.find((each) => each === name),
      );
    } else {
      throw words.error(
        option,
        `xCOUNT (up to ${MOST}), every TIME, staying TIME, over PROTOCOL or mark=NUMBER`,
      );
    }
  }
  if (action.protocol === "udp" && action.deed !== "ask") {
    if (action.deed === "get" || action.deed === "send") action.deed = "ask";
    else throw words.error(word, "tcp or sctp for this, as udp has no connections");
  }
  if (action.deed === "ask" && action.protocol !== "udp") {
    throw words.error(word, '"gets" over this protocol, as only udp asks');
  }
  if (
    (action.deed === "send" || action.deed === "close") &&
    prefixLength < ADDRESS_BITS[address.family]
  ) {
    throw words.error(word, "a single client for this, as it goes on with one's connection");
  }
  return action;
}

/** Reads what follows `server`. */
export function readServer(words: WordReader): Omit<ServerAction, "place"> {
  const address = told(words, "a real server's address", readAddress);
  if (words.peek()?.text === "is") words.next("is");
  const behaviour = told(words, `one of ${BEHAVIOURS.join(", ")}`, (text) =>
    BEHAVIOURS.find((each) => each === text),
  );
  words.end();
  return { kind: "server", address, behaviour };
}

/** Reads what follows `vip`. */
export function readVirtual(words: WordReader): Omit<VirtualAction, "place"> {
  const addresses = [told(words, "an address", readAddress)];
  while (words.peek() !== undefined) addresses.push(told(words, "an address", readAddress));
  return { kind: "virtual", addresses };
}
