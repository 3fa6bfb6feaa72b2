/**
 * Lines that send packets, read.
 *
 *     tcp 10.1.2.3:40000 10.0.0.100:80 S win=1000
 *     icmp 192.168.10.12 10.1.2.3 3 3 inner=rx:-1 dev=r0
 *
 * @module
 */
import type { Address } from "../net/address.ts";
import { parseAddress } from "../net/address.ts";
import { type Endpoint, parseEndpoint } from "../net/endpoint.ts";
import { OPTION_NAMES, type Options, readHex, readNumber, readOptions } from "./options.ts";
import type { PacketSpec, ReplySpec } from "./packet-spec.ts";
import { CHUNK_NAMES, chunkType } from "./sctp-chunks.ts";
import { FLAG_LETTERS, flagsOf } from "./tcp-flags.ts";
import type { Word, WordReader } from "./words.ts";

/** Interface a packet comes in by unless the line says otherwise. */
const DEFAULT_DEVICE = "c0";

const FLAGS = `TCP flags, letters of ${FLAG_LETTERS} or -`;
const CHUNKS = `SCTP chunks between commas: ${CHUNK_NAMES.join(", ")} or 0–255`;

/** A packet and the interface it comes in by. */
export interface ReadPacket {
  readonly device: string;
  /** Firewall mark it carries when the director sees it. */
  readonly mark?: number;
  readonly packet: PacketSpec;
}

/** Readers by the first word of the line, which is taken already. */
export const PACKET_LINES = {
  tcp(words: WordReader): ReadPacket {
    const [from, to] = endpoints(words);
    const flags = told(words, FLAGS, flagsOf);
    return line(readOptions(words, OPTION_NAMES.tcp), { protocol: "tcp", from, to, flags });
  },
  udp(words: WordReader): ReadPacket {
    const [from, to] = endpoints(words);
    return line(readOptions(words, OPTION_NAMES.udp), { protocol: "udp", from, to });
  },
  sctp(words: WordReader): ReadPacket {
    const [from, to] = endpoints(words);
    const chunks = told(words, CHUNKS, readChunks);
    return line(readOptions(words, OPTION_NAMES.sctp), { protocol: "sctp", from, to, chunks });
  },
  icmp(words: WordReader): ReadPacket {
    const [from, to] = addresses(words);
    const type = told(words, "an ICMP type, 0–255", (text) => readNumber(text, 255));
    const code = told(words, "an ICMP code, 0–255", (text) => readNumber(text, 255));
    return line(readOptions(words, OPTION_NAMES.icmp), { protocol: "icmp", from, to, type, code });
  },
  ip(words: WordReader): ReadPacket {
    const [from, to] = addresses(words);
    const number = told(words, "a protocol number, 0–255", (text) => readNumber(text, 255));
    return line(readOptions(words, OPTION_NAMES.ip), { protocol: "ip", from, to, number });
  },
} as const;

/** Reads an answer: flags or chunks, if any, and options. */
export function readReply(words: WordReader): {
  readonly device?: string;
  readonly mark?: number;
  readonly reply: ReplySpec;
} {
  const word = words.peek();
  const plain = word !== undefined && !word.text.includes("=");
  const flags = plain ? flagsOf(word.text) : undefined;
  const chunks = plain ? readChunks(word.text) : undefined;
  if (plain) {
    if (flags === undefined && chunks === undefined)
      throw words.error(word, `${FLAGS}, or ${CHUNKS}`);
    words.next("flags");
  }
  const { device, mark, ...options } = readOptions(words, OPTION_NAMES.reply);
  return {
    ...(device !== undefined && { device }),
    ...(mark !== undefined && { mark }),
    reply: {
      ...(flags !== undefined && { flags }),
      ...(chunks !== undefined && { chunks }),
      options,
    },
  };
}

/** Reads an interface and bytes. */
export function readRaw(words: WordReader): {
  readonly device: string;
  readonly bytes: Uint8Array;
} {
  const device = words.next("the name of an interface").text;
  const bytes = told(words, "bytes in hexadecimal", readHex);
  words.end();
  return { device, bytes };
}

/**
 * Takes a word and returns what it says.
 *
 * @throws ScenarioError when there is none or `read` returns `undefined`
 */
export function told<T>(
  words: WordReader,
  expected: string,
  read: (text: string) => T | undefined,
): T {
  const word = words.next(expected);
  const value = read(word.text);
  if (value === undefined) throw words.error(word, expected);
  return value;
}

function line(options: Options, packet: PacketSpec): ReadPacket {
  const { device = DEFAULT_DEVICE, mark, ...rest } = options;
  return { device, ...(mark !== undefined && { mark }), packet: { ...rest, ...packet } };
}

function endpoints(words: WordReader): readonly [Endpoint, Endpoint] {
  const expected = "ADDRESS:PORT, IPv6 addresses in brackets";
  const from = told(words, expected, attempt(parseEndpoint));
  const word = words.peek();
  const to = told(words, expected, attempt(parseEndpoint));
  checkFamily(words, word, from.address, to.address);
  return [from, to];
}

function addresses(words: WordReader): readonly [Address, Address] {
  const expected = "an address, IPv6 in brackets";
  const from = told(words, expected, readAddress);
  const word = words.peek();
  const to = told(words, expected, readAddress);
  checkFamily(words, word, from, to);
  return [from, to];
}

function checkFamily(words: WordReader, word: Word | undefined, from: Address, to: Address): void {
  if (from.family !== to.family) {
    throw words.error(word, `an IPv${from.family} address like the one before`);
  }
}

function readAddress(text: string): Address | undefined {
  const inBrackets = /^\[(.+)\]$/.exec(text)?.[1];
  const address = attempt(parseAddress)(inBrackets ?? text);
  return address?.family === 6 && inBrackets === undefined ? undefined : address;
}

function readChunks(text: string): readonly number[] | undefined {
  const types = text.split(",").map(chunkType);
  return types.every((type) => type !== undefined) ? types : undefined;
}

/** Returns a parser that answers `undefined` instead of throwing a SyntaxError. */
function attempt<T>(parse: (text: string) => T): (text: string) => T | undefined {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  };
}
