/**
 * SCTP chunks by the names scenarios use, and the bodies they are sent with.
 *
 * Source: RFC 9260 §3.2 and §3.3; RFC 9260 appendix A for ECNE and CWR.
 *
 * @module
 */

/** Names by chunk type. */
export const CHUNK_NAMES: readonly string[] = [
  ..."DATA INIT INIT_ACK SACK HEARTBEAT HEARTBEAT_ACK ABORT SHUTDOWN SHUTDOWN_ACK ERROR".split(" "),
  ..."COOKIE_ECHO COOKIE_ACK ECNE CWR SHUTDOWN_COMPLETE".split(" "),
];

const DATA = 0;
const INIT = 1;
const INIT_ACK = 2;
const SHUTDOWN = 7;
/** Begin and end of a message in one chunk. */
const DATA_FLAGS = 3;

/** TSN 1, stream 0, sequence 0, payload protocol 0, and four bytes of payload. */
const DATA_BODY = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode("data")];
/** Initiate tag, receiver window 65535, 10 streams each way, TSN 1. */
const INIT_BODY = [0xab, 0xcd, 0, 1, 0, 0, 0xff, 0xff, 0, 10, 0, 10, 0, 0, 0, 1];

/** Returns the type a word names, or `undefined` when it names none. */
export function chunkType(word: string): number | undefined {
  const named = CHUNK_NAMES.indexOf(word);
  if (named >= 0) return named;
  return /^\d{1,3}$/.test(word) && Number(word) <= 255 ? Number(word) : undefined;
}

/** Cumulative TSN 0. */
const SHUTDOWN_BODY = [0, 0, 0, 0];

/** Bodies by type; the others have none. */
const BODIES: ReadonlyMap<number, readonly number[]> = new Map([
  [DATA, DATA_BODY],
  [INIT, INIT_BODY],
  [INIT_ACK, INIT_BODY],
  [SHUTDOWN, SHUTDOWN_BODY],
]);

/** Returns a chunk of this type, header included; its length is a multiple of 4. */
export function chunkBytes(type: number): Uint8Array {
  const body = BODIES.get(type) ?? [];
  const flags = type === DATA ? DATA_FLAGS : 0;
  return Uint8Array.of(type, flags, 0, 4 + body.length, ...body);
}
