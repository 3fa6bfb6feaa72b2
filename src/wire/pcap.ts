/**
 * Capture files: classic pcap, read and written, and pcapng, read.
 *
 * Reading goes record by record over a source of bytes, so a file of any size needs little memory.
 * A broken file ends in a `CaptureError` that names the offset; nothing else is thrown, whatever the
 * bytes. Writing is the classic format, little-endian, in micro- or nanoseconds.
 *
 *     file:   magic 4 | major 2 | minor 2 | zone 4 | accuracy 4 | snap length 4 | link type 4
 *     record: seconds 4 | fraction 4 | captured length 4 | original length 4 | bytes
 *
 * Source: IETF draft-ietf-opsawg-pcap, sections 4 and 5.
 *
 * @module
 */
import {
  type ByteSource,
  CaptureError,
  type CaptureRecord,
  CaptureWindow,
  endAfter,
  MAX_RECORD,
} from "./capture.ts";
import { isPcapng, readPcapng } from "./pcapng.ts";

/** Unit of the times in a file. */
export type Precision = "microseconds" | "nanoseconds";

const MAGIC: Readonly<Record<Precision, number>> = {
  microseconds: 0xa1b2c3d4,
  nanoseconds: 0xa1b23c4d,
};

/** Length of the file header, in bytes. */
export const FILE_HEADER_LENGTH = 24;

/** Length of a record header, in bytes. */
export const RECORD_HEADER_LENGTH = 16;

const NANOSECONDS = 1_000_000_000n;
const LAST_SECOND = 0xffffffffn;

/**
 * Yields the records of a capture of either format, reading as it goes.
 *
 * @throws CaptureError where the file is not what it should be
 */
export function* readCapture(source: ByteSource): Generator<CaptureRecord, void, undefined> {
  const window = new CaptureWindow(source);
  const found = window.available(0, 4);
  if (found < 4) throw new CaptureError(0, endAfter(found), EXPECTED_MAGIC);
  if (isPcapng(window)) yield* readPcapng(window);
  else yield* readPcap(window);
}

const EXPECTED_MAGIC = "the magic number of a pcap or pcapng file";

function* readPcap(window: CaptureWindow): Generator<CaptureRecord, void, undefined> {
  const unit = readMagic(window) === "microseconds" ? 1000n : 1n;
  window.require(0, FILE_HEADER_LENGTH, `a file header of ${FILE_HEADER_LENGTH} bytes`);
  const major = window.uint16(4);
  if (major !== 2) throw new CaptureError(4, `pcap version ${major}`, "version 2");
  // The bits above say whether frames end in a checksum.
  const linkType = window.uint32(20) & 0x03ffffff;
  let offset = FILE_HEADER_LENGTH;
  for (let number = 1; window.available(offset, 1) > 0; number++) {
    window.require(
      offset,
      RECORD_HEADER_LENGTH,
      `a record header of ${RECORD_HEADER_LENGTH} bytes`,
    );
    const length = window.uint32(offset + 8);
    if (length > MAX_RECORD) {
      throw new CaptureError(
        offset + 8,
        `a captured length of ${length} bytes`,
        `${MAX_RECORD} at most`,
      );
    }
    window.require(
      offset,
      RECORD_HEADER_LENGTH + length,
      `a record of ${RECORD_HEADER_LENGTH + length} bytes`,
    );
    const originalLength = window.uint32(offset + 12);
    yield {
      number,
      offset,
      linkType,
      time: BigInt(window.uint32(offset)) * NANOSECONDS + BigInt(window.uint32(offset + 4)) * unit,
      data: window.bytes(offset + RECORD_HEADER_LENGTH, length),
      originalLength,
      truncated: length < originalLength,
    };
    offset += RECORD_HEADER_LENGTH + length;
  }
}

/** Takes over the byte order that makes the magic number right, and returns the unit it names. */
function readMagic(window: CaptureWindow): Precision {
  for (const littleEndian of [false, true]) {
    window.littleEndian = littleEndian;
    const magic = window.uint32(0);
    if (magic === MAGIC.microseconds) return "microseconds";
    if (magic === MAGIC.nanoseconds) return "nanoseconds";
  }
  const found = Array.from(window.bytes(0, 4), (byte) => byte.toString(16).padStart(2, "0"));
  throw new CaptureError(0, `the bytes ${found.join(" ")}`, EXPECTED_MAGIC);
}

/** Returns the header of a file to write. */
export function fileHeader(linkType: number, precision: Precision = "nanoseconds"): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC[precision], true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, MAX_RECORD, true);
  view.setUint32(20, linkType, true);
  return bytes;
}

/**
 * Returns the header of a record to write.
 *
 * @param time nanoseconds since 1970; cut to the precision
 * @param length bytes that follow, at most `MAX_RECORD`
 * @param originalLength bytes the frame had on the link
 * @throws RangeError when the format cannot say the time or the length
 */
export function recordHeader(
  time: bigint,
  length: number,
  originalLength: number = length,
  precision: Precision = "nanoseconds",
): Uint8Array {
  const seconds = time / NANOSECONDS;
  if (time < 0n || seconds > LAST_SECOND) {
    throw new RangeError(`Cannot write time ${time} ns to a capture: must be in 1970–2106`);
  }
  if (length > MAX_RECORD) {
    throw new RangeError(`Cannot write a record of ${length} bytes: must be ${MAX_RECORD} or less`);
  }
  const fraction = Number(time % NANOSECONDS);
  const bytes = new Uint8Array(RECORD_HEADER_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Number(seconds), true);
  view.setUint32(4, precision === "nanoseconds" ? fraction : Math.floor(fraction / 1000), true);
  view.setUint32(8, length, true);
  view.setUint32(12, originalLength, true);
  return bytes;
}
