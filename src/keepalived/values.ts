/**
 * The values of statements: numbers, addresses, ranges, methods.
 *
 * Source: keepalived.conf(5), "LVS configuration"; what keepalived 2.2.7 accepts with `-t`.
 *
 * @module
 */
import { inetAton, inetPton4, inetPton6 } from "../ipvsadm/inet.ts";
import { type Address, addressBytes, addressFromBytes, type Family } from "../net/address.ts";
import type { Position } from "../rules/position.ts";
import {
  type DestinationConfig,
  type ForwardingMethod,
  TUNNEL_FLAG,
  TUNNEL_TYPE,
} from "../wire/ipvs-objects.ts";
import { expected } from "./keepalived-error.ts";
import type { Statement, Word } from "./statement.ts";

/**
 * Returns a word of a statement.
 *
 * @throws KeepalivedError where there is none
 */
export function wordAt(statement: Statement, index: number, what: string): Word {
  const word = statement.words[index];
  if (word === undefined) throw expected(statement.end, what, undefined);
  return word;
}

/**
 * Returns the decimal number a word is.
 *
 * @throws KeepalivedError when it is none in `[min, max]`
 */
export function numberOf({ text, at }: Word, min: number, max: number, what: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw expected(at, `${what}, ${min}–${max}`, text);
}

/**
 * Returns the address a word is.
 *
 * @throws KeepalivedError when it is none
 */
export function addressOf({ text, at }: Word): Address {
  const address = inetPton4(text) ?? inetPton6(text);
  if (address === undefined) throw expected(at, "an IPv4 or IPv6 address", text);
  return address;
}

/** Returns the port a word is; 0 where there is no word. */
export function portOf(word: Word | undefined): number {
  return word === undefined ? 0 : numberOf(word, 0, 65535, "a port");
}

/** Most addresses of one range: as many as a group of one statement should reasonably make. */
const RANGE_MAX = 65536;

/**
 * Returns the addresses of a range: `192.0.2.1-9`, `192.0.2.250-192.0.3.9`, `192.0.2.8/29`, or one.
 *
 * @throws KeepalivedError when the word is none of these, or the range is empty or too large
 */
export function rangeOf(word: Word): readonly Address[] {
  const { text, at } = word;
  const [first = "", ...rest] = text.split(/[-/]/);
  if (rest.length === 0) return [addressOf(word)];
  const start = addressOf({ ...word, text: first });
  const low = ordinalOf(start);
  let count: bigint | undefined;
  if (rest.length === 1 && text.includes("/")) {
    const bits = start.family === 4 ? 32 : 128;
    const length = numberOf({ ...word, text: rest[0]! }, 0, bits, "a prefix length");
    const size = 1n << BigInt(bits - length);
    count = size - (low % size);
  } else if (rest.length === 1) {
    const end = endOf(start, rest[0]!);
    if (end !== undefined) count = end - low + 1n;
  }
  if (count === undefined || count < 1n || count > RANGE_MAX) {
    throw expected(at, `a range of 1–${RANGE_MAX} addresses such as 192.0.2.1-9`, text);
  }
  return Array.from({ length: Number(count) }, (_, index) =>
    addressAt(low + BigInt(index), start.family),
  );
}

function endOf(start: Address, text: string): bigint | undefined {
  const whole = inetPton4(text) ?? inetPton6(text);
  if (whole !== undefined) return whole.family === start.family ? ordinalOf(whole) : undefined;
  const low = ordinalOf(start);
  if (start.family === 4) {
    return /^\d{1,3}$/.test(text) && Number(text) < 256 ? (low & ~0xffn) | BigInt(text) : undefined;
  }
  return /^[0-9a-fA-F]{1,4}$/.test(text) ? (low & ~0xffffn) | BigInt(`0x${text}`) : undefined;
}

function ordinalOf(address: Address): bigint {
  return addressBytes(address).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function addressAt(value: bigint, family: Family): Address {
  const length = family === 4 ? 4 : 16;
  const bytes = Uint8Array.from({ length }, (_, index) =>
    Number((value >> BigInt(8 * (length - 1 - index))) & 0xffn),
  );
  return addressFromBytes(bytes);
}

/**
 * Returns the persistence granularity a word is, as `ServiceConfig.netmask` has it.
 *
 * @param family of the service; where it is not known, what the word looks like decides
 * @throws KeepalivedError when it is none
 */
export function granularityOf(word: Word, family: Family | undefined): number {
  const { text, at } = word;
  if ((family ?? (text.includes(".") ? 4 : 6)) === 6)
    return numberOf(word, 1, 128, "a prefix length");
  const mask = inetAton(text)?.words[0];
  if (mask === undefined) throw expected(at, "a mask such as 255.255.255.0", text);
  return mask;
}

/** How packets reach a real server. */
export type Method = Pick<
  DestinationConfig,
  "method" | "tunnelType" | "tunnelPort" | "tunnelFlags"
>;

const METHODS: Readonly<Record<string, ForwardingMethod>> = {
  NAT: "masquerade",
  DR: "direct-route",
  TUN: "tunnel",
};

/** NAT, which is what a virtual server without a method has. */
export const DEFAULT_METHOD: Method = {
  method: "masquerade",
  tunnelType: TUNNEL_TYPE.ipip,
  tunnelPort: 0,
  tunnelFlags: TUNNEL_FLAG.none,
};

const CHECKSUMS: Readonly<Record<string, number>> = {
  nocsum: TUNNEL_FLAG.none,
  csum: TUNNEL_FLAG.checksum,
  remcsum: TUNNEL_FLAG.remoteChecksum,
};

/**
 * Returns the method of a statement such as `lvs_method TUN type gue port 5555 csum`.
 *
 * @throws KeepalivedError when it has none, or a tunnel's settings do not fit its type
 */
export function methodOf(statement: Statement): Method {
  const name = wordAt(statement, 1, "NAT, DR or TUN");
  const method = METHODS[name.text];
  if (method === undefined) throw expected(name.at, "NAT, DR or TUN", name.text);
  let tunnelType: number = TUNNEL_TYPE.ipip;
  let tunnelPort = 0;
  let tunnelFlags: number = TUNNEL_FLAG.none;
  let portAt: Position = statement.end;
  const last = statement.words.length;
  for (let index = 2; index < last; index++) {
    const word = statement.words[index]!;
    if (method !== "tunnel") throw expected(word.at, "nothing more", word.text);
    if (word.text === "type") {
      const type = wordAt(statement, ++index, "ipip, gue or gre");
      const types: Readonly<Record<string, number>> = TUNNEL_TYPE;
      if (!Object.hasOwn(types, type.text)) throw expected(type.at, "ipip, gue or gre", type.text);
      tunnelType = types[type.text]!;
    } else if (word.text === "port") {
      tunnelPort = numberOf(wordAt(statement, ++index, "a port"), 1, 65535, "a port");
      portAt = word.at;
    } else if (Object.hasOwn(CHECKSUMS, word.text) && tunnelType !== TUNNEL_TYPE.ipip) {
      if (word.text === "remcsum" && tunnelType === TUNNEL_TYPE.gre) {
        throw expected(word.at, "nocsum or csum with a GRE tunnel", word.text);
      }
      tunnelFlags = CHECKSUMS[word.text]!;
    } else {
      throw expected(word.at, "type, port, nocsum, csum or remcsum as the type has it", word.text);
    }
  }
  if ((tunnelType === TUNNEL_TYPE.gue) !== (tunnelPort !== 0)) {
    throw expected(portAt, "a port with type gue, and only there", undefined);
  }
  return { method, tunnelType, tunnelPort, tunnelFlags };
}
