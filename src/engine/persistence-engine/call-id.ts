/**
 * Finding the Call-ID of a SIP message, as a Linux host's connection tracking finds it.
 *
 * That is more forgiving than the grammar. A header begins after any line end, so the first line is none;
 * lines end with CR, LF or both; the body is searched like the head. A name that is the compact one is
 * taken where no letter follows. White space, folded lines included, may stand around the colon. Letters
 * are those of ISO 8859-1.
 *
 * Source: RFC 3261 §7.3.1, §7.3.3, §20.8, §25.1 (`callid`, `word`); linux nf_conntrack_sip.c
 * `ct_sip_get_header`, `callid_len`, as observed on a running kernel.
 *
 * @module
 */
import type { EngineSpan } from "./persistence-engine.ts";

const NAME = "call-id";
const COMPACT_NAME = "i";

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;
const COLON = 0x3a;
const AT = 0x40;

/** Nothing more to be found: positions are never negative. */
const NONE = -1;

/**
 * Whether bytes `[at, end)` have a Call-ID; if so, finds its value, at least one byte.
 *
 * One whose value is empty or breaks off is passed over, and the search goes on behind it.
 */
export function findCallId(bytes: Uint8Array, at: number, end: number, into: EngineSpan): boolean {
  let from = at;
  while (from < end) {
    const value = findValue(bytes, from, end);
    if (value === NONE) return false;
    const length = callIdLength(bytes, value, end);
    if (length > 0) {
      into.start = value;
      into.end = value + length;
      return true;
    }
    // The kernel adds the offset of what it found to where it began, so that it may skip a part.
    from += value - at;
  }
  return false;
}

/** Returns where the value of the first Call-ID header behind a line end begins, or NONE. */
function findValue(bytes: Uint8Array, at: number, end: number): number {
  for (let position = at; position < end; position++) {
    if (!isLineEnd(bytes[position]!)) continue;
    position = behindLineEnd(bytes, position, end);
    if (position >= end) return NONE;
    if (isBlank(bytes[position]!)) continue;
    const behindName = behindHeaderName(bytes, position, end);
    if (behindName === NONE) continue;
    const colon = skipWhiteSpace(bytes, behindName, end);
    if (colon === NONE || bytes[colon] !== COLON) return NONE;
    return skipWhiteSpace(bytes, colon + 1, end);
  }
  return NONE;
}

/** Returns the byte behind a line end that begins at `at`; it may be `end`. */
function behindLineEnd(bytes: Uint8Array, at: number, end: number): number {
  const next = at + 1;
  return next < end && bytes[at] === CR && bytes[next] === LF ? next + 1 : next;
}

/** Returns the byte behind the name of the header at `at`, or NONE where it is another. */
function behindHeaderName(bytes: Uint8Array, at: number, end: number): number {
  if (startsWith(bytes, at, end, NAME)) return at + NAME.length;
  const behind = at + COMPACT_NAME.length;
  if (behind >= end || !startsWith(bytes, at, end, COMPACT_NAME)) return NONE;
  return isLetter(bytes[behind]!) ? NONE : behind;
}

/** Returns the first byte that is no white space, going on behind one folded line end, or NONE. */
function skipWhiteSpace(bytes: Uint8Array, at: number, end: number): number {
  let position = skipBlanks(bytes, at, end);
  if (position < end && isLineEnd(bytes[position]!)) {
    position = behindLineEnd(bytes, position, end);
    if (position >= end || !isBlank(bytes[position]!)) return NONE;
    position = skipBlanks(bytes, position, end);
  }
  return position < end ? position : NONE;
}

function skipBlanks(bytes: Uint8Array, at: number, end: number): number {
  let position = at;
  while (position < end && isBlank(bytes[position]!)) position++;
  return position;
}

/** Returns the length of `word` or `word@word` at `at`; 0 where there is none, or none behind the `@`. */
function callIdLength(bytes: Uint8Array, at: number, end: number): number {
  const local = wordLength(bytes, at, end);
  const sign = at + local;
  if (local === 0 || sign >= end || bytes[sign] !== AT) return local;
  const host = wordLength(bytes, sign + 1, end);
  return host === 0 ? 0 : local + 1 + host;
}

function wordLength(bytes: Uint8Array, at: number, end: number): number {
  let position = at;
  while (position < end && WORD_BYTES[bytes[position]!] === 1) position++;
  return position - at;
}

function startsWith(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (end - at < text.length) return false;
  for (let index = 0; index < text.length; index++) {
    const byte = bytes[at + index]!;
    const lower = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
    if (lower !== text.charCodeAt(index)) return false;
  }
  return true;
}

function isLineEnd(byte: number): boolean {
  return byte === CR || byte === LF;
}

function isBlank(byte: number): boolean {
  return byte === BLANK || byte === TAB;
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  if (byte < 0x80) return lower >= 0x61 && lower <= 0x7a;
  // All of the upper quarter of ISO 8859-1 but the signs of multiplication and division.
  return byte >= 0xc0 && byte !== 0xd7 && byte !== 0xf7;
}

/** For each byte, 1 where it may stand in a word (RFC 3261 §25.1 `word`). */
const WORD_BYTES = Uint8Array.from({ length: 256 }, (_none, byte) => {
  const isDigit = byte >= 0x30 && byte <= 0x39;
  const isSign = "-.!%*_+`'~()<>:\\\"/[]?{}".includes(String.fromCharCode(byte));
  return isDigit || isSign || isLetter(byte) ? 1 : 0;
});
