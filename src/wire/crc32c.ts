/**
 * CRC32c, the Castagnoli checksum of SCTP (RFC 9260 appendix A).
 *
 * Reflected polynomial 0x82F63B78, all ones at both ends. Eight bytes go in at a time, each through a
 * table of its own, the rest one by one ("slicing by 8": Kounavis and Berry, ISCC 2005).
 *
 * @module
 */
const POLYNOMIAL = 0x82f63b78;
/** Bytes that go in at a time, and tables. */
const SLICE = 8;

const [T0, T1, T2, T3, T4, T5, T6, T7] = tables();

/** Returns the CRC32c of bytes `[at, end)`, 0–4294967295. */
export function crc32c(view: DataView, at: number, end: number): number {
  let crc = ~0;
  for (; end - at >= SLICE; at += SLICE) {
    const low = crc ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    crc =
      T7[low & 0xff]! ^
      T6[(low >>> 8) & 0xff]! ^
      T5[(low >>> 16) & 0xff]! ^
      T4[low >>> 24]! ^
      T3[high & 0xff]! ^
      T2[(high >>> 8) & 0xff]! ^
      T1[(high >>> 16) & 0xff]! ^
      T0[high >>> 24]!;
  }
  for (; at < end; at++) crc = T0[(crc ^ view.getUint8(at)) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

type Table = Int32Array;

/** Returns, for each n below 8, what a byte does to the remainder when n bytes of zeros follow it. */
function tables(): readonly [Table, Table, Table, Table, Table, Table, Table, Table] {
  const first = Int32Array.from({ length: 256 }, (_unused, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ ((value & 1) !== 0 ? POLYNOMIAL : 0);
    return value;
  });
  const behind = (before: Table): Table =>
    before.map((value) => first[value & 0xff]! ^ (value >>> 8));
  const second = behind(first);
  const third = behind(second);
  const fourth = behind(third);
  const fifth = behind(fourth);
  const sixth = behind(fifth);
  const seventh = behind(sixth);
  return [first, second, third, fourth, fifth, sixth, seventh, behind(seventh)];
}
