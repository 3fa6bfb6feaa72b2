/**
 * SCTP as the director follows it: chunk-driven state grids and their timeouts.
 *
 * Only the first chunk of a packet counts, but for an abort bundled behind a cookie. Each grid has a row
 * for every direction and event; the states stand across the top:
 *
 *     NO none      I1 init1     IN init       CS cookie sent (C-SENT)  CR cookie replied
 *     CW cookie wait   CO cookie   CE cookie echoed   ES established   SS shutdown sent
 *     SR shutdown received   SA shutdown ack sent   RJ rejected   CL closed
 *
 * Source: linux ip_vs_proto_sctp.c, as observed on a running kernel; RFC 9260 for chunks.
 *
 * @module
 */
import { SCTP } from "../../net/protocol.ts";
import * as sctp from "../../wire/sctp.ts";
import type { Packet } from "../packet.ts";
import { type Direction, NO_CHANGE, type Protocol } from "./protocol.ts";
import { readGrid } from "./state-grid.ts";

/** Numbers of the SCTP states the engine asks for. Source: linux/ip_vs.h `IP_VS_SCTP_S_*`. */
export const SCTP_STATE = {
  init1: 1,
  init: 2,
  established: 8,
  shutdownSent: 9,
  shutdownReceived: 10,
  shutdownAckSent: 11,
  closed: 13,
} as const;

const NAMES = [
  "NONE",
  "INIT1",
  "INIT",
  "C-SENT",
  "C-REPLIED",
  "C-WAIT",
  "COOKIE",
  "C-ECHOED",
  "ESTABLISHED",
  "S-SENT",
  "S-RECEIVED",
  "S-ACK-SENT",
  "REJECTED",
  "CLOSED",
];

/** Seconds, by state. */
const TIMEOUTS = [2, 4, 61, 61, 61, 61, 61, 61, 900, 61, 61, 61, 4, 61];

const EVENT = {
  data: 0,
  init: 1,
  initAck: 2,
  cookieEcho: 3,
  cookieAck: 4,
  shutdown: 5,
  shutdownAck: 6,
  shutdownComplete: 7,
  error: 8,
  abort: 9,
} as const;
const EVENTS = 10;

/** Event of each chunk type; types not listed are data. */
const EVENT_OF_CHUNK = new Uint8Array(256).fill(EVENT.data);
EVENT_OF_CHUNK[sctp.CHUNK.init] = EVENT.init;
EVENT_OF_CHUNK[sctp.CHUNK.initAck] = EVENT.initAck;
EVENT_OF_CHUNK[sctp.CHUNK.abort] = EVENT.abort;
EVENT_OF_CHUNK[sctp.CHUNK.shutdown] = EVENT.shutdown;
EVENT_OF_CHUNK[sctp.CHUNK.shutdownAck] = EVENT.shutdownAck;
EVENT_OF_CHUNK[sctp.CHUNK.error] = EVENT.error;
EVENT_OF_CHUNK[sctp.CHUNK.cookieEcho] = EVENT.cookieEcho;
EVENT_OF_CHUNK[sctp.CHUNK.cookieAck] = EVENT.cookieAck;
EVENT_OF_CHUNK[sctp.CHUNK.shutdownComplete] = EVENT.shutdownComplete;

const GRID = readGrid(`
                       NO I1 IN CS CR CW CO CE ES SS SR SA RJ CL
  I  data              ES I1 IN CS CR CW CO CE ES SS SR SA RJ CL
  I  init              I1 IN IN CS CR CW CO CE ES SS SR SA IN IN
  I  init-ack          CW CW CW CS CR CO CO CE ES SS SR SA RJ CL
  I  cookie-echo       CR IN IN CR CR CW CO CE ES SS SR SA RJ CL
  I  cookie-ack        ES I1 IN CS CR CW CO ES ES SS SR SA RJ CL
  I  shutdown          SR I1 IN CS CR CW CO CE SR SS SR SA RJ CL
  I  shutdown-ack      CL IN IN CS CR CW CO CE ES CL SR CL RJ CL
  I  shutdown-complete CL CL CL CS CR CW CO CE ES SS SR CL RJ CL
  I  error             CL I1 IN CS CR CW CO CL ES SS SR SA RJ CL
  I  abort             CL CL CL CL CL RJ CL CL CL CL CL CL CL CL
  O  data              ES I1 IN CS CR CW CO CE ES SS SR SA RJ CL
  O  init              CW CW CW CW CW CW CW CW ES CW CW CW CW CW
  O  init-ack          CS CS CS CS CR CW CO CE ES SS SR SA RJ CL
  O  cookie-echo       CE CE CE CE CE CE CE CE ES SS SR SA RJ CL
  O  cookie-ack        ES ES ES ES ES ES ES ES ES SS SR SA RJ CL
  O  shutdown          SS SS SS SS SS SS SS SS SS SS SR SA RJ CL
  O  shutdown-ack      SA SA SA SA SA CW CO CE ES SA SA SA RJ CL
  O  shutdown-complete CL I1 IN CS CR CW CO CE ES SS SR SA RJ CL
  O  error             CL CL CL CL CL CW CO CE ES SS SR SA RJ CL
  O  abort             CL RJ CL CL CL CL CL CL CL CL CL CL CL CL
  IO data              ES I1 IN CS CR ES CO CE ES SS SR SA RJ CL
  IO init              I1 IN IN IN IN IN CO CE ES SS SR SA IN IN
  IO init-ack          CE CE CE CE CE CE CO CE ES SS SR SA RJ CL
  IO cookie-echo       ES ES ES ES ES ES CO CE ES SS SR SA RJ CL
  IO cookie-ack        ES I1 IN ES ES CW ES ES ES SS SR SA RJ CL
  IO shutdown          SR I1 IN CS CR CW CO CE SR SS SR SA RJ CL
  IO shutdown-ack      CL IN IN CS CR CW CO CE CL CL SR CL RJ CL
  IO shutdown-complete CL CL CL CL CL CW CO CE ES SS CL CL RJ CL
  IO error             CL I1 IN CS CR CW CO CE ES SS SR SA RJ CL
  IO abort             CL CL CL CL CL RJ CL CL CL CL CL CL CL CL
`);

/** Makes the SCTP of one director. */
export function makeSctp(): Protocol {
  return {
    number: SCTP,
    stateNames: NAMES,
    timeouts: [...TIMEOUTS],
    isActive: (state) => state === SCTP_STATE.established,
    assuresTemplate: (state) => state === SCTP_STATE.established,
    isReadable: (packet) => sctp.isWhole(packet.transport, packet.end),
    canBeJudged: hasFirstChunk,
    mayBegin: (packet, sysctls) =>
      !startsWith(packet, sctp.CHUNK.abort) &&
      (startsWith(packet, sctp.CHUNK.init) || sysctls.sloppy_sctp !== 0),
    startsFlow: (packet) => startsWith(packet, sctp.CHUNK.init),
    isOver: (state) => state === SCTP_STATE.closed,
    aborts: (packet) => startsWith(packet, sctp.CHUNK.abort),
    next,
  };
}

function hasFirstChunk(packet: Packet): boolean {
  return sctp.hasChunk(packet.transport + sctp.HEADER_LENGTH, packet.end);
}

function startsWith(packet: Packet, chunk: number): boolean {
  if (!hasFirstChunk(packet)) return false;
  return sctp.chunkType(packet.view, packet.transport + sctp.HEADER_LENGTH) === chunk;
}

function next(state: number, direction: Direction, packet: Packet): number {
  if (!hasFirstChunk(packet)) return NO_CHANGE;
  const row = direction * EVENTS + eventOf(packet);
  return GRID[row * NAMES.length + state]!;
}

/** An abort may hide behind the cookie of its packet. */
function eventOf(packet: Packet): number {
  const { view, end } = packet;
  const first = packet.transport + sctp.HEADER_LENGTH;
  const type = sctp.chunkType(view, first);
  if (type === sctp.CHUNK.cookieEcho || type === sctp.CHUNK.cookieAck) {
    const length = sctp.chunkLength(view, first);
    const second = first + ((length + 3) & ~3);
    if (
      length >= sctp.CHUNK_HEADER_LENGTH &&
      sctp.hasChunk(second, end) &&
      sctp.chunkType(view, second) === sctp.CHUNK.abort
    ) {
      return EVENT.abort;
    }
  }
  return EVENT_OF_CHUNK[type]!;
}
