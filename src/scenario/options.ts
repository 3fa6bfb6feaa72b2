/**
 * What a packet line says in the form `name=value`.
 *
 * @module
 */
import type { IcmpSpec, Quoted, SctpOptions, TcpOptions } from "./packet-spec.ts";
import type { Word, WordReader } from "./words.ts";

/** Everything that can be said, of whatever protocol. */
export interface Options extends TcpOptions, SctpOptions, Pick<IcmpSpec, "quoted" | "truncate"> {
  /** Interface the packet comes in by. */
  readonly device?: string;
  /** Firewall mark it carries when the director sees it. */
  readonly mark?: number;
  readonly rest?: number;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** How a value is read. */
interface Option {
  /** What a value is to be, as a noun phrase. */
  readonly expected: string;
  /** Returns what the value says, or `undefined` when it says nothing. */
  read(value: string): Partial<Options> | undefined;
}

/** Names every packet may be told. */
const COMMON = ["dev", "ttl", "tos", "id", "df", "frag", "csum", "ipopt", "flow", "mark"] as const;
/** Names of what follows the transport header; one of them. */
const PAYLOAD = ["data", "hex", "len"] as const;

/** Names by the protocol of the line. */
export const OPTION_NAMES = {
  tcp: [...COMMON, ...PAYLOAD, "seq", "ack", "win", "opt"],
  udp: [...COMMON, ...PAYLOAD],
  sctp: [...COMMON, ...PAYLOAD, "vtag"],
  icmp: [...COMMON, ...PAYLOAD, "rest", "inner", "trunc"],
  ip: [...COMMON, ...PAYLOAD],
  reply: [...COMMON, ...PAYLOAD, "seq", "ack", "win", "opt", "vtag"],
} as const satisfies Record<string, readonly (keyof typeof OPTIONS)[]>;

const OPTIONS = {
  dev: {
    expected: "the name of an interface",
    read: (value) => (value === "" ? undefined : { device: value }),
  },
  ttl: number(255, (ttl) => ({ ttl })),
  tos: number(255, (tos) => ({ tos })),
  id: number(0xffff, (id) => ({ id })),
  df: number(1, (df) => ({ df: df === 1 })),
  frag: number(0xffff, (frag) => ({ frag })),
  csum: {
    expected: "a checksum, 1 to 8 hexadecimal digits",
    read: (value) =>
      /^[\da-f]{1,8}$/i.test(value) ? { csum: Number.parseInt(value, 16) } : undefined,
  },
  ipopt: bytes(40, (ipOptions) => ({ ipOptions })),
  flow: number(0xfffff, (flow) => ({ flow })),
  mark: number(0xffffffff, (mark) => ({ mark })),
  data: { expected: "text", read: (value) => ({ payload: new TextEncoder().encode(value) }) },
  hex: bytes(0xffff, (payload) => ({ payload })),
  len: number(0xffff, (length) => ({ payload: alphabet(length) })),
  seq: number(0xffffffff, (seq) => ({ seq })),
  ack: number(0xffffffff, (ack) => ({ ack })),
  win: number(0xffff, (window) => ({ window })),
  opt: bytes(40, (tcpOptions) => ({ tcpOptions })),
  vtag: number(0xffffffff, (verificationTag) => ({ verificationTag })),
  rest: number(0xffffffff, (rest) => ({ rest })),
  inner: {
    expected: "rx:-1 (the last captured packet; -2 is the one before) or tx (the last one sent)",
    read: (value) => {
      const quoted = readQuoted(value);
      return quoted && { quoted };
    },
  },
  trunc: number(0xffff, (truncate) => ({ truncate })),
} as const satisfies Record<string, Option>;

/**
 * Takes the rest of a line as options.
 *
 * @param names those that may be said
 * @throws ScenarioError for anything else, a value out of range, or a name said twice
 */
export function readOptions(words: WordReader, names: readonly (keyof typeof OPTIONS)[]): Options {
  const options: Mutable<Options> = {};
  const seen = new Set<string>();
  for (const word of words.rest()) {
    const [name, value] = split(words, word, names);
    const group = (PAYLOAD as readonly string[]).includes(name) ? "payload" : name;
    if (seen.has(group)) {
      const once = group === "payload" ? "only one of data=, hex= and len=" : `${name}= only once`;
      throw words.error(word, once);
    }
    seen.add(group);
    const option: Option = OPTIONS[name];
    const said = option.read(value);
    if (said === undefined) throw words.error(word, option.expected, name.length + 1);
    Object.assign(options, said);
  }
  return options;
}

function split<Name extends string>(
  words: WordReader,
  word: Word,
  names: readonly Name[],
): readonly [Name, string] {
  const equals = word.text.indexOf("=");
  const name = names.find((candidate) => candidate === word.text.slice(0, Math.max(0, equals)));
  if (name === undefined) {
    throw words.error(word, `one of ${names.map((each) => `${each}=`).join(" ")}`);
  }
  return [name, word.text.slice(equals + 1)];
}

/** Returns an option with a number up to `most`, in decimal or behind 0x in hexadecimal. */
function number(most: number, say: (value: number) => Partial<Options>): Option {
  return {
    expected: `a number, 0–${most}`,
    read: (value) => {
      const read = readNumber(value, most);
      return read === undefined ? undefined : say(read);
    },
  };
}

/** Returns the number a text stands for, or `undefined` when it is none in 0–`most`. */
export function readNumber(text: string, most: number): number | undefined {
  if (!/^(\d+|0x[\da-f]+)$/i.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}

/** Returns an option with bytes in hexadecimal, `most` at most. */
function bytes(most: number, say: (value: Uint8Array) => Partial<Options>): Option {
  return {
    expected: `an even number of hexadecimal digits, ${2 * most} at most`,
    read: (value) => {
      const read = readHex(value);
      return read === undefined || read.length > most ? undefined : say(read);
    },
  };
}

/** Returns the bytes of hexadecimal digits, or `undefined` for anything else. */
export function readHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[\da-f]*$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, index) =>
    Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
  );
}

function readQuoted(value: string): Quoted | undefined {
  if (value === "tx") return { of: "sent" };
  const back = /^rx:-([1-9]\d{0,5})$/.exec(value)?.[1];
  return back === undefined ? undefined : { of: "captured", back: Number(back) };
}

/** Returns the letters a to z, over and over. */
function alphabet(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => 0x61 + (index % 26));
}
