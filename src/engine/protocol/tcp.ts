/**
 * TCP as the director follows it: the state grids and their timeouts.
 *
 * The director sees half of most conversations, so its states are guesses that lean towards keeping a
 * connection. Each grid has a row for every event and direction; the states stand across the top:
 *
 *     NO none  ES established  SS syn-sent  SR syn-recv  FW fin-wait  TW time-wait
 *     CL close CW close-wait   LA last-ack  LI listen    SA synack
 *
 * Source: linux ip_vs_proto_tcp.c, as observed on a running kernel.
 *
 * @module
 */
import { TCP } from "../../net/protocol.ts";
import * as tcpHeader from "../../wire/tcp.ts";
import type { Packet } from "../packet.ts";
import { type Direction, NO_CHANGE, type Protocol } from "./protocol.ts";
import { readGrid } from "./state-grid.ts";

/** Numbers of the TCP states. Source: linux/ip_vs.h `IP_VS_TCP_S_*`. */
export const TCP_STATE = {
  none: 0,
  established: 1,
  synSent: 2,
  synReceived: 3,
  finWait: 4,
  timeWait: 5,
  close: 6,
  closeWait: 7,
  lastAck: 8,
  listen: 9,
  synAck: 10,
} as const;

const NAMES = [
  "NONE",
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "SYNACK",
];

const STATES = NAMES.length;

/** Seconds, by state. */
const TIMEOUTS = [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120];

const SYN = 0;
const FIN = 1;
const ACK = 2;
const RST = 3;
/** A segment with none of the flags. */
const NOTHING = 4;
const EVENTS = 5;

const NORMAL = readGrid(`
          NO ES SS SR FW TW CL CW LA LI SA
  I syn   SR ES ES SR SR SR SR SR SR SR SR
  I fin   CL CW SS TW TW TW CL CW LA LI TW
  I ack   ES ES SS ES FW TW CL CW CL LI ES
  I rst   CL CL CL SR CL CL CL CL LA LI SR
  I -     CL CL CL CL CL CL CL CL CL CL CL
  O syn   SS ES SS SR SS SS SS SS SS LI SR
  O fin   TW FW SS TW FW TW CL TW LA LI TW
  O ack   ES ES SS ES FW TW CL CW LA ES ES
  O rst   CL CL SS CL CL TW CL CL CL CL CL
  O -     CL CL CL CL CL CL CL CL CL CL CL
  IO syn  SR ES ES SR SR SR SR SR SR SR SR
  IO fin  CL FW SS TW FW TW CL CW LA LI TW
  IO ack  ES ES SS ES FW TW CL CW CL LI ES
  IO rst  CL CL CL SR CL CL CL CL LA LI CL
  IO -    CL CL CL CL CL CL CL CL CL CL CL
`);

/** In force while the secure_tcp defence is on. */
const SECURE = readGrid(`
          NO ES SS SR FW TW CL CW LA LI SA
  I syn   SR ES ES SR SR SR SR SR SR SR SA
  I fin   CL CW SS TW TW TW CL CW LA LI SA
  I ack   ES ES SS SR FW TW CL CW CL LI SA
  I rst   CL CL CL SR CL CL CL CL LA LI CL
  I -     CL CL CL CL CL CL CL CL CL CL CL
  O syn   SS ES SS SA SS SS SS SS SS LI SA
  O fin   TW FW SS TW FW TW CL TW LA LI TW
  O ack   ES ES SS ES FW TW CL CW LA ES ES
  O rst   CL CL SS CL CL TW CL CL CL CL CL
  O -     CL CL CL CL CL CL CL CL CL CL CL
  IO syn  SA ES ES SR SA SA SA SA SA SA SA
  IO fin  CL FW SS TW FW TW CL CW LA LI TW
  IO ack  ES ES SS ES FW TW CL CW CL LI ES
  IO rst  CL CL CL SR CL CL CL CL LA LI CL
  IO -    CL CL CL CL CL CL CL CL CL CL CL
`);

/** The event of each byte of flags. */
const EVENT_OF = Uint8Array.from({ length: 256 }, (_, flags) => eventOf(flags));

/** Makes the TCP of one director, with timeouts of its own. */
export function makeTcp(): Protocol {
  return {
    number: TCP,
    stateNames: NAMES,
    timeouts: [...TIMEOUTS],
    isActive: (state) =>
      state === TCP_STATE.established ||
      state === TCP_STATE.synSent ||
      state === TCP_STATE.synReceived ||
      state === TCP_STATE.synAck,
    assuresTemplate: (state) => state === TCP_STATE.established,
    isReadable: (packet) => tcpHeader.isWhole(packet.transport, packet.end),
    canBeJudged: (packet) => tcpHeader.isWhole(packet.transport, packet.end),
    mayBegin: (packet, sysctls) =>
      !has(packet, tcpHeader.RST) && (has(packet, tcpHeader.SYN) || sysctls.sloppy_tcp !== 0),
    startsFlow: (packet) => has(packet, tcpHeader.SYN),
    isOver: (state) => state === TCP_STATE.timeWait || state === TCP_STATE.close,
    aborts: (packet) => has(packet, tcpHeader.RST),
    next,
  };
}

function has(packet: Packet, flag: number): boolean {
  return (
    tcpHeader.isWhole(packet.transport, packet.end) &&
    (tcpHeader.flags(packet.view, packet.transport) & flag) !== 0
  );
}

function next(state: number, direction: Direction, packet: Packet, secure: boolean): number {
  if (!tcpHeader.isWhole(packet.transport, packet.end)) return NO_CHANGE;
  return nextTcp(state, direction, tcpHeader.flags(packet.view, packet.transport), secure);
}

/** Returns the state after a segment with these flags, the byte of its header that has them. */
export function nextTcp(
  state: number,
  direction: Direction,
  flags: number,
  secure: boolean,
): number {
  const row = direction * EVENTS + EVENT_OF[flags]!;
  return (secure ? SECURE : NORMAL)[row * STATES + state]!;
}

/** Of several flags the first of these counts. */
function eventOf(flags: number): number {
  if ((flags & tcpHeader.RST) !== 0) return RST;
  if ((flags & tcpHeader.SYN) !== 0) return SYN;
  if ((flags & tcpHeader.FIN) !== 0) return FIN;
  return (flags & tcpHeader.ACK) !== 0 ? ACK : NOTHING;
}
