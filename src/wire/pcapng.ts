/**
 * Capture files of the pcapng format, read.
 *
 * Sections of either byte order, any number of interfaces with their own link type and time
 * resolution, enhanced, simple and old packet blocks; blocks of other types are passed over. A
 * packet without a time (simple packet block) has the time of the one before it.
 *
 * Source: IETF draft-ietf-opsawg-pcapng, sections 3 (blocks) and 4 (section header, interface
 * description, simple and enhanced packet), appendix A (packet block).
 *
 * @module
 */
import { CaptureError, type CaptureRecord, type CaptureWindow, MAX_RECORD } from "./capture.ts";

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const BYTE_ORDER_MAGIC_SWAPPED = 0x4d3c2b1a;

const OPTION_END = 0;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;

const SMALLEST_BLOCK = 12;
const NANOSECONDS = 1_000_000_000n;

interface Interface {
  readonly linkType: number;
  /** Bytes kept of each frame at most, 0 for all. */
  readonly snapLength: number;
  /** Units of a timestamp in one second. */
  readonly unitsPerSecond: bigint;
  /** Seconds to add to every timestamp. */
  readonly offsetSeconds: bigint;
}

interface Block {
  readonly type: number;
  readonly offset: number;
  readonly length: number;
}

/** Whether the file begins with a section header block. `window` must hold its first 4 bytes. */
export function isPcapng(window: CaptureWindow): boolean {
  return window.uint32(0) === SECTION_HEADER;
}

/**
 * Yields the records of the file in `window`, reading as it goes.
 *
 * @throws CaptureError at the first block that is not whole or contradicts itself
 */
export function* readPcapng(window: CaptureWindow): Generator<CaptureRecord, void, undefined> {
  let interfaces: Interface[] = [];
  let offset = 0;
  let number = 0;
  let time = 0n;
  while (window.available(offset, 1) > 0) {
    const block = readBlock(window, offset);
    switch (block.type) {
      case SECTION_HEADER:
        interfaces = [];
        break;
      case INTERFACE_DESCRIPTION:
        interfaces.push(readInterface(window, block));
        break;
      case PACKET:
      case SIMPLE_PACKET:
      case ENHANCED_PACKET: {
        const record = readPacket(window, block, interfaces, ++number, time);
        time = record.time;
        yield record;
        break;
      }
    }
    offset += block.length;
  }
}

/** Returns the block at `offset`, its frame checked: both lengths, and that it ends in the file. */
function readBlock(window: CaptureWindow, offset: number): Block {
  window.require(offset, 8, "a block header of 8 bytes");
  let type = window.uint32(offset);
  if (type === SECTION_HEADER) {
    startSection(window, offset);
    type = SECTION_HEADER;
  }
  const length = window.uint32(offset + 4);
  if (length < SMALLEST_BLOCK || length % 4 !== 0) {
    throw new CaptureError(
      offset + 4,
      `a block length of ${length}`,
      "a multiple of 4, 12 or more",
    );
  }
  if (length <= MAX_RECORD) window.require(offset, length, `a block of ${length} bytes`);
  else window.require(offset + length - 4, 4, "the length that ends the block");
  const trailer = window.uint32(offset + length - 4);
  if (trailer !== length) {
    throw new CaptureError(
      offset + length - 4,
      `a block length of ${trailer}`,
      `${length}, the length the block begins with`,
    );
  }
  return { type, offset, length };
}

/** Takes over the byte order of the section that begins at `offset`. */
function startSection(window: CaptureWindow, offset: number): void {
  window.require(offset, 16, "a section header of 28 bytes");
  const magic = window.uint32(offset + 8);
  if (magic === BYTE_ORDER_MAGIC_SWAPPED) window.littleEndian = !window.littleEndian;
  else if (magic !== BYTE_ORDER_MAGIC) {
    throw new CaptureError(offset + 8, inHex(magic), "the byte-order magic 0x1a2b3c4d");
  }
  const length = window.uint32(offset + 4);
  if (length < 28) {
    throw new CaptureError(offset + 4, `a section header of ${length} bytes`, "28 or more");
  }
  const major = window.uint16(offset + 12);
  if (major !== 1) {
    throw new CaptureError(offset + 12, `pcapng version ${major}`, "version 1");
  }
}

function readInterface(window: CaptureWindow, block: Block): Interface {
  requireLength(block, 20, "an interface description");
  const { offset } = block;
  window.require(offset, Math.min(block.length, MAX_RECORD), "an interface description");
  const linkType = window.uint16(offset + 8);
  const snapLength = window.uint32(offset + 12);
  const end = offset + Math.min(block.length, MAX_RECORD) - 4;
  let unitsPerSecond = 1_000_000n;
  let offsetSeconds = 0n;
  for (let at = offset + 16; at + 4 <= end; ) {
    const code = window.uint16(at);
    const length = window.uint16(at + 2);
    if (code === OPTION_END) break;
    if (at + 4 + length > end) {
      throw new CaptureError(at + 2, `an option of ${length} bytes`, `${end - at - 4} at most`);
    }
    if (code === OPTION_TIME_RESOLUTION && length >= 1) {
      unitsPerSecond = timeUnits(window.bytes(at + 4, 1)[0]!, at + 4);
    }
    if (code === OPTION_TIME_OFFSET && length >= 8) {
      offsetSeconds = BigInt.asIntN(64, readUint64(window, at + 4));
    }
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return { linkType, snapLength, unitsPerSecond, offsetSeconds };
}

/** Returns the units in a second that if_tsresol stands for: a power of 10, or of 2 with bit 7 set. */
function timeUnits(resolution: number, offset: number): bigint {
  const exponent = resolution & 0x7f;
  const binary = (resolution & 0x80) !== 0;
  // A 64-bit timestamp has no use for finer units.
  if (exponent > (binary ? 63 : 19)) {
    throw new CaptureError(offset, `a time resolution of ${inHex(resolution)}`, "at most 2^-63 s");
  }
  return (binary ? 2n : 10n) ** BigInt(exponent);
}

function readPacket(
  window: CaptureWindow,
  block: Block,
  interfaces: readonly Interface[],
  number: number,
  previousTime: bigint,
): CaptureRecord {
  const { offset } = block;
  const headerLength = block.type === SIMPLE_PACKET ? 12 : 28;
  requireLength(block, headerLength + 4, "a packet block");
  window.require(offset, headerLength, `a packet block header of ${headerLength} bytes`);
  const index = interfaceIndex(window, block);
  const from = interfaces[index];
  if (from === undefined) {
    throw new CaptureError(
      offset + 8,
      `a packet of interface ${index}`,
      `one of the ${interfaces.length} interfaces described before`,
    );
  }
  const room = block.length - headerLength - 4;
  const originalLength = window.uint32(offset + headerLength - 4);
  let length: number;
  let time = previousTime;
  if (block.type === SIMPLE_PACKET) {
    length = Math.min(originalLength, from.snapLength || originalLength);
  } else {
    length = window.uint32(offset + 20);
    const units = (BigInt(window.uint32(offset + 12)) << 32n) | BigInt(window.uint32(offset + 16));
    time = from.offsetSeconds * NANOSECONDS + (units * NANOSECONDS) / from.unitsPerSecond;
  }
  if (length > room || length > MAX_RECORD) {
    throw new CaptureError(
      offset + headerLength - (block.type === SIMPLE_PACKET ? 4 : 8),
      `a packet of ${length} bytes`,
      `${Math.min(room, MAX_RECORD)} at most`,
    );
  }
  window.require(offset, headerLength + length, `a packet of ${length} bytes`);
  return {
    number,
    offset,
    linkType: from.linkType,
    time,
    data: window.bytes(offset + headerLength, length),
    originalLength,
    truncated: length < originalLength,
  };
}

function interfaceIndex(window: CaptureWindow, block: Block): number {
  if (block.type === SIMPLE_PACKET) return 0;
  return block.type === PACKET ? window.uint16(block.offset + 8) : window.uint32(block.offset + 8);
}

function requireLength(block: Block, least: number, what: string): void {
  if (block.length < least) {
    throw new CaptureError(
      block.offset + 4,
      `a block length of ${block.length}`,
      `${least} or more for ${what}`,
    );
  }
}

function readUint64(window: CaptureWindow, position: number): bigint {
  const first = BigInt(window.uint32(position));
  const second = BigInt(window.uint32(position + 4));
  return window.littleEndian ? (second << 32n) | first : (first << 32n) | second;
}

function inHex(value: number): string {
  return `0x${value.toString(16).padStart(value > 0xff ? 8 : 2, "0")}`;
}
