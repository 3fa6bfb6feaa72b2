/**
 * Stream Control Transmission Protocol common header and chunk headers (RFC 9260 §3), read and written
 * in place.
 *
 *      0             15 16            31
 *     +----------------+----------------+
 *     |  source port   |destination port|
 *     +----------------+----------------+
 *     |        verification tag         |
 *     +---------------------------------+
 *     |         checksum (CRC32c)       |
 *     +--------+-------+----------------+
 *     |  type  | flags |     length     |   first chunk
 *     +--------+-------+----------------+
 *
 * The checksum covers the packet alone, no pseudo-header, and stands in little-endian order (RFC 9260
 * appendix A). `at` is the header's first byte in `view`. Accessors are safe once `isWhole` has said
 * `true`, those of chunks once `hasChunk` has.
 *
 * @module
 */
import { crc32c } from "./crc32c.ts";

const SRC_PORT = 0;
const DST_PORT = 2;
const VERIFICATION_TAG = 4;
const CHECKSUM = 8;
const CHUNK_TYPE = 0;
const CHUNK_LENGTH = 2;

/** Length of the common header, in bytes. */
export const HEADER_LENGTH = 12;
/** Length of a chunk header, in bytes. */
export const CHUNK_HEADER_LENGTH = 4;

/** Chunk types. Source: RFC 9260 §3.2, RFC 3168-style ECNE and CWR of appendix A. */
export const CHUNK = {
  data: 0,
  init: 1,
  initAck: 2,
  sack: 3,
  heartbeat: 4,
  heartbeatAck: 5,
  abort: 6,
  shutdown: 7,
  shutdownAck: 8,
  error: 9,
  cookieEcho: 10,
  cookieAck: 11,
  ecne: 12,
  cwr: 13,
  shutdownComplete: 14,
} as const;

/** Whether bytes `[at, end)` hold a whole common header. */
export function isWhole(at: number, end: number): boolean {
  return end - at >= HEADER_LENGTH;
}

/** Source port. */
export function srcPort(view: DataView, at: number): number {
  return view.getUint16(at + SRC_PORT);
}

/** Sets the source port. Leaves the checksum. */
export function setSrcPort(view: DataView, at: number, port: number): void {
  view.setUint16(at + SRC_PORT, port);
}

/** Destination port. */
export function dstPort(view: DataView, at: number): number {
  return view.getUint16(at + DST_PORT);
}

/** Sets the destination port. Leaves the checksum. */
export function setDstPort(view: DataView, at: number, port: number): void {
  view.setUint16(at + DST_PORT, port);
}

/** Verification tag. */
export function verificationTag(view: DataView, at: number): number {
  return view.getUint32(at + VERIFICATION_TAG);
}

/** Sets the verification tag. Leaves the checksum. */
export function setVerificationTag(view: DataView, at: number, tag: number): void {
  view.setUint32(at + VERIFICATION_TAG, tag);
}

/** Checksum: the CRC32c as a number. */
export function checksum(view: DataView, at: number): number {
  return view.getUint32(at + CHECKSUM, true);
}

/** Computes the checksum of the packet `[at, end)` anew and sets it. */
export function updateChecksum(view: DataView, at: number, end: number): void {
  view.setUint32(at + CHECKSUM, 0);
  view.setUint32(at + CHECKSUM, crc32c(view, at, end), true);
}

/** Whether bytes `[chunk, end)` hold a whole chunk header. */
export function hasChunk(chunk: number, end: number): boolean {
  return end - chunk >= CHUNK_HEADER_LENGTH;
}

/** Type of the chunk at `chunk`. */
export function chunkType(view: DataView, chunk: number): number {
  return view.getUint8(chunk + CHUNK_TYPE);
}

/** Length of the chunk at `chunk`, header included and padding not, in bytes. */
export function chunkLength(view: DataView, chunk: number): number {
  return view.getUint16(chunk + CHUNK_LENGTH);
}
