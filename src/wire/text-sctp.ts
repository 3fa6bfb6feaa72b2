/**
 * SCTP packets as text, in the words of tcpdump(8): their chunks, each with what it is about.
 *
 *     sctp (1) [COOKIE ECHO], (2) [DATA] (B)(E) [TSN: 9] [SID: 1] [SSEQ 2] [PPID 0x0]
 *
 * Ports are told with the addresses. Accepts any bytes `[at, end)`; what is missing shows as `[|sctp]`.
 *
 * @module
 */
import * as sctp from "./sctp.ts";
import { hexText } from "./text-words.ts";

const { CHUNK } = sctp;
/** Chunks by type (RFC 9260 §3.2). */
const NAMES: readonly string[] = [
  ..."DATA,INIT,INIT ACK,SACK,HB REQ,HB ACK,ABORT,SHUTDOWN,SHUTDOWN ACK".split(","),
  ..."OP ERR,COOKIE ECHO,COOKIE ACK,ECN ECHO,ECN CWR,SHUTDOWN COMPLETE".split(","),
];
/** Flags of DATA: the user's message ends, begins, and is delivered in no order (RFC 9260 §3.3.1). */
const ENDS = 0x01;
const BEGINS = 0x02;
const UNORDERED = 0x04;
/** Bytes behind the chunk header that every INIT and INIT ACK, DATA and SACK has. */
const INIT_LENGTH = 16;
const DATA_LENGTH = 12;
const SACK_LENGTH = 12;

/** Returns the chunks of the SCTP packet in `[at, end)`. */
export function sctpText(view: DataView, at: number, end: number): string {
  if (!sctp.isWhole(at, end)) return "[|sctp]";
  const chunks: string[] = [];
  let chunk = at + sctp.HEADER_LENGTH;
  while (sctp.hasChunk(chunk, end)) {
    const length = sctp.chunkLength(view, chunk);
    chunks.push(`(${chunks.length + 1}) ${chunkText(view, chunk, Math.min(chunk + length, end))}`);
    if (length < sctp.CHUNK_HEADER_LENGTH) break;
    chunk += (length + 3) & ~3;
  }
  return chunks.length === 0 ? "sctp" : `sctp ${chunks.join(", ")}`;
}

function chunkText(view: DataView, chunk: number, end: number): string {
  const type = sctp.chunkType(view, chunk);
  const name = NAMES[type];
  if (name === undefined) return `[Unknown chunk type: ${hexText(type)}]`;
  const about = bodyText(view, chunk, end);
  return about === "" ? `[${name}]` : `[${name}] ${about}`;
}

function bodyText(view: DataView, chunk: number, end: number): string {
  const at = chunk + sctp.CHUNK_HEADER_LENGTH;
  switch (sctp.chunkType(view, chunk)) {
    case CHUNK.init:
    case CHUNK.initAck:
      return end - at < INIT_LENGTH ? "[|sctp]" : initText(view, at);
    case CHUNK.data:
      return end - at < DATA_LENGTH ? "[|sctp]" : dataText(view, at, view.getUint8(chunk + 1));
    case CHUNK.sack:
      return end - at < SACK_LENGTH ? "[|sctp]" : sackText(view, at);
    default:
      return "";
  }
}

/** Source: RFC 9260 §3.3.2. */
function initText(view: DataView, at: number): string {
  const streams = `[OS: ${view.getUint16(at + 8)}] [MIS: ${view.getUint16(at + 10)}]`;
  return `[init tag: ${view.getUint32(at)}] [rwnd: ${view.getUint32(at + 4)}] ${streams} [init TSN: ${view.getUint32(at + 12)}]`;
}

/** Source: RFC 9260 §3.3.1. */
function dataText(view: DataView, at: number, flags: number): string {
  const letters = [
    flags & UNORDERED ? "(U)" : "",
    flags & BEGINS ? "(B)" : "",
    flags & ENDS ? "(E)" : "",
  ].join("");
  const stream = `[SID: ${view.getUint16(at + 4)}] [SSEQ ${view.getUint16(at + 6)}]`;
  const text = `[TSN: ${view.getUint32(at)}] ${stream} [PPID ${hexText(view.getUint32(at + 8))}]`;
  return letters === "" ? text : `${letters} ${text}`;
}

/** Source: RFC 9260 §3.3.4. */
function sackText(view: DataView, at: number): string {
  const counts = `[#gap acks ${view.getUint16(at + 8)}] [#dup tsns ${view.getUint16(at + 10)}]`;
  return `[cum ack ${view.getUint32(at)}] [a_rwnd ${view.getUint32(at + 4)}] ${counts}`;
}
