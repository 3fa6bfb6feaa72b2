/**
 * CRC32c, the Castagnoli checksum of SCTP (RFC 9260 appendix A).
 *
 * Reflected polynomial 0x82F63B78, all ones at both ends, a table of 256 entries.
 *
 * @module
 */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_unused, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = (value & 1) !== 0 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  }
  return value >>> 0;
});

/** Returns the CRC32c of bytes `[at, end)`, 0–4294967295. */
export function crc32c(view: DataView, at: number, end: number): number {
  let crc = 0xffffffff;
  for (let position = at; position < end; position++) {
    crc = TABLE[(crc ^ view.getUint8(position)) & 0xff]! ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
