/**
 * Addresses, ports and prefixes as words of a line.
 *
 * @module
 */
import { type Address, formatAddress, parseAddress } from "../net/address.ts";
import { parseEndpoint } from "../net/endpoint.ts";
import { ADDRESS_BITS, type Prefix, parsePrefix } from "../net/prefix.ts";
import type { End } from "./expectation.ts";

/** What an end looks like, as a noun phrase. */
export const END = "ADDRESS or ADDRESS:PORT, IPv6 in brackets before a port";

/** Returns the result of a parser, or `undefined` where it throws a SyntaxError. */
export function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Returns the address a text stands for, with or without brackets. */
export function readAddress(text: string): Address | undefined {
  return attempt(() => parseAddress(/^\[(.+)\]$/.exec(text)?.[1] ?? text));
}

/** Returns the end a text stands for. */
export function readEnd(text: string): End | undefined {
  const address = readAddress(text);
  return address === undefined ? attempt(() => parseEndpoint(text)) : { address };
}

/** Returns the prefix a text stands for; a single address is one too, and may have a port. */
export function readClients(text: string): (Prefix & { readonly port?: number }) | undefined {
  const prefix = attempt(() => parsePrefix(text));
  if (prefix !== undefined) return prefix;
  const end = readEnd(text);
  if (end === undefined) return undefined;
  const { address, port } = end;
  const single = { address, prefixLength: ADDRESS_BITS[address.family] };
  return port === undefined ? single : { ...single, port };
}

/** Returns a text that no other address has, faster than the one people read. */
export function addressKey({ family, words }: Address): string {
  return family === 4 ? String(words[0]) : words.join();
}

/** Returns the text of an end. */
export function formatEnd({ address, port }: End): string {
  const text = formatAddress(address);
  if (port === undefined) return text;
  return address.family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
}
