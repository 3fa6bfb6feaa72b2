/**
 * What the FTP helper reads on control connections: commands and answers that name an end of a data
 * connection.
 *
 * Read as the kernel reads it, which is more forgiving than the protocol: letters of either case, numbers
 * with leading zeros, and what stands between a keyword and its argument skipped. All of it stands in one
 * segment or is not read at all. Nothing here allocates, changes a byte, or throws.
 *
 * Source: RFC 959 §4.1.2, §5.4; RFC 2428; linux ip_vs_ftp.c `ip_vs_ftp_in`, `ip_vs_ftp_get_addrport`, as
 * observed on a running kernel.
 *
 * @module
 */
import type { AddressWords, Family } from "../../net/address.ts";
import { readAddressText } from "./address-text.ts";

/** Who opens data connections, as last agreed on a control connection. */
export const FTP_MODE = {
  /** The server, to a port the client has announced. */
  active: 0,
  /** The client, to an end the server announces (PASV, RFC 959). */
  passive: 1,
  /** The client, to a port the server announces (EPSV, RFC 2428). */
  extendedPassive: 2,
} as const;

/** One of the `FTP_MODE` numbers. */
export type FtpMode = (typeof FTP_MODE)[keyof typeof FTP_MODE];

/** The end of a data connection somebody has announced, and where. Used again for the next. */
export class Announcement {
  readonly address: AddressWords = new Uint32Array(4);
  port = 0;
  /** First byte of the text that names it, and one past the last. */
  start = 0;
  end = 0;
  /** Whether a number too large makes a text none; else it wraps. */
  readonly bounded: boolean;

  constructor(bounded = true) {
    this.bounded = bounded;
  }
}

/** Bytes of the shortest command that asks for a passive mode. */
const SHORTEST = 6;
const CR = 0x0d;
const BLANK = 0x20;
const PARENTHESIS = 0x28;
const COMMA = 0x2c;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
/** A delimiter is a printable character (RFC 2428 §2). */
const FIRST_PRINTABLE = 33;
const LAST_PRINTABLE = 126;
/** How RFC 2428 numbers the address families. */
const FAMILY_DIGIT: Readonly<Record<Family, number>> = { 4: DIGIT_0 + 1, 6: DIGIT_0 + 2 };
/** Numbers of an address and a port as PORT and PASV write them. */
const NUMBERS = 6;
const MAX_OCTET = 0xff;
const MAX_PORT = 0xffff;

/**
 * Returns the passive mode a client asks for in bytes `[at, end)`, or `undefined`. The first command that
 * stands anywhere decides; EPSV for the other family, or `EPSV ALL`, asks for none.
 */
export function passiveModeAsked(
  bytes: Uint8Array,
  at: number,
  end: number,
  family: Family,
): FtpMode | undefined {
  for (let position = at; position + SHORTEST <= end; position++) {
    if (family === 4 && startsWith(bytes, position, end, "pasv\r\n")) return FTP_MODE.passive;
    if (!startsWith(bytes, position, end, "epsv")) continue;
    const next = bytes[position + 4];
    if (next === CR) return FTP_MODE.extendedPassive;
    if (next !== BLANK) continue;
    const asked =
      position + 6 < end && bytes[position + 6] === CR ? bytes[position + 5] : undefined;
    return asked === FAMILY_DIGIT[family] ? FTP_MODE.extendedPassive : undefined;
  }
  return undefined;
}

/** Whether bytes `[at, end)` begin with a PORT or EPRT command of this family; if so, reads it. */
export function readActiveCommand(
  bytes: Uint8Array,
  at: number,
  end: number,
  family: Family,
  into: Announcement,
): boolean {
  if (family === 4 && startsWith(bytes, at, end, "port")) {
    return readNumbers(bytes, skipTo(bytes, at + 4, end, BLANK, true), end, into);
  }
  if (!startsWith(bytes, at, end, "eprt")) return false;
  const argument = skipTo(bytes, at + 4, end, BLANK, false);
  return readDelimited(bytes, argument, end, family, false, into);
}

/** Whether bytes `[at, end)` begin with the answer to PASV; if so, reads it. */
export function readPassiveAnswer(
  bytes: Uint8Array,
  at: number,
  end: number,
  into: Announcement,
): boolean {
  if (!startsWith(bytes, at, end, "227 ")) return false;
  return readNumbers(bytes, skipTo(bytes, at + 4, end, PARENTHESIS, true), end, into);
}

/**
 * Whether bytes `[at, end)` begin with the answer to EPSV; if so, reads it. The address it usually leaves
 * out stays as it was in `into`.
 */
export function readExtendedAnswer(
  bytes: Uint8Array,
  at: number,
  end: number,
  family: Family,
  into: Announcement,
): boolean {
  if (!startsWith(bytes, at, end, "229 ")) return false;
  const argument = skipTo(bytes, at + 4, end, PARENTHESIS, false);
  return readDelimited(bytes, argument, end, family, true, into);
}

/** Whether bytes `[at, end)` begin with `text`, in small letters, whatever the case of theirs. */
function startsWith(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (end - at < text.length) return false;
  for (let index = 0; index < text.length; index++) {
    if (lower(bytes[at + index]!) !== text.charCodeAt(index)) return false;
  }
  return true;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9;
}

/**
 * Returns the first byte behind any number of `skipped`, wherever these begin, or the first digit before
 * them if it may stand there without; `end` when there is neither.
 */
function skipTo(
  bytes: Uint8Array,
  at: number,
  end: number,
  skipped: number,
  orDigit: boolean,
): number {
  let position = at;
  while (position < end && bytes[position] !== skipped) {
    if (orDigit && isDigit(bytes[position]!)) return position;
    position++;
  }
  while (position < end && bytes[position] === skipped) position++;
  return position;
}

/** Reads `a,b,c,d,p,q`, which something else must follow. A number that is left out is 0. */
function readNumbers(bytes: Uint8Array, at: number, end: number, into: Announcement): boolean {
  let address = 0;
  let port = 0;
  let number = 0;
  let count = 1;
  let position = at;
  for (; position < end; position++) {
    const byte = bytes[position]!;
    if (isDigit(byte)) {
      number = number * 10 + byte - DIGIT_0;
      if (number > MAX_OCTET) {
        if (into.bounded) return false;
        number &= MAX_OCTET;
      }
    } else if (byte === COMMA && count < NUMBERS) {
      if (count <= 4) address = (address << 8) | number;
      else port = number << 8;
      count++;
      number = 0;
    } else {
      break;
    }
  }
  if (position >= end || count < NUMBERS) return false;
  into.address.fill(0);
  into.address[0] = address;
  into.port = port | number;
  into.start = at;
  into.end = position;
  return true;
}

/** Reads `|family|address|port|`, or `|||port|` where the rest may be left out. */
function readDelimited(
  bytes: Uint8Array,
  at: number,
  end: number,
  family: Family,
  mayLeaveOut: boolean,
  into: Announcement,
): boolean {
  if (at + 2 > end) return false;
  const delimiter = bytes[at]!;
  if (delimiter < FIRST_PRINTABLE || delimiter > LAST_PRINTABLE) return false;
  let position = at + 1;
  if (bytes[position] === delimiter) {
    if (!mayLeaveOut || bytes[position + 1] !== delimiter || position + 1 >= end) return false;
    position += 2;
  } else {
    if (position + 2 >= end || bytes[position] !== FAMILY_DIGIT[family]) return false;
    if (bytes[position + 1] !== delimiter) return false;
    position += 2;
    const stop = bytes.indexOf(delimiter, position);
    if (stop < 0 || stop >= end) return false;
    if (!readAddressText(bytes, position, stop, family, into.address)) return false;
    position = stop + 1;
  }
  let port = 0;
  for (; position < end && isDigit(bytes[position]!); position++) {
    port = port * 10 + bytes[position]! - DIGIT_0;
    if (port > MAX_PORT) {
      if (into.bounded) return false;
      port &= MAX_PORT;
    }
  }
  if (port === 0 || position >= end || bytes[position] !== delimiter) return false;
  into.port = port;
  into.start = at;
  into.end = position + 1;
  return true;
}
