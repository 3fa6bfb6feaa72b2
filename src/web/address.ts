/**
 * Where the page is served, as `--web` names it.
 *
 * @module
 */
import { isIP } from "node:net";

/** Port unless one is given: the letters IPVS on the keys of a telephone. */
const DEFAULT_PORT = 4787;
const LOOPBACK = "127.0.0.1";

/** An address to listen at. */
export interface WebAddress {
  /** An address, or the name of one. */
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

/**
 * Returns the address a text names: `8080`, `127.0.0.1`, `127.0.0.1:8080`, `[::1]:8080`, `lb.example:8080`,
 * or nothing.
 *
 * @throws SyntaxError for any other text
 */
export function parseWebAddress(text: string): WebAddress {
  if (/^\d{1,5}$/.test(text)) return checked(text, LOOPBACK, Number(text));
  if (text === "") return { host: LOOPBACK, port: DEFAULT_PORT };
  if (isIP(text) === 6) return { host: text, port: DEFAULT_PORT };
  const [, bracketed, plain, digits] =
    /^(?:\[([^\]]+)\]|([^:[\]/]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || (bracketed !== undefined && isIP(bracketed) !== 6)) throw failure(text);
  return checked(text, host, digits === undefined ? DEFAULT_PORT : Number(digits));
}

function checked(text: string, host: string, port: number): WebAddress {
  if (port > 65535 || !/^[\w.:%-]+$/.test(host)) throw failure(text);
  return { host, port };
}

function failure(text: string): SyntaxError {
  return new SyntaxError(
    `Cannot serve a page at "${text}": must be PORT, ADDRESS or ADDRESS:PORT, IPv6 addresses with a port in brackets`,
  );
}

/** Whether only programs of this host reach an address. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

/** Returns an address as a URL has it. */
export function urlHost({ host, port }: WebAddress): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
