/**
 * The two hash functions IPVS decisions depend on, in 32-bit arithmetic.
 *
 * @module
 */

const GOLDEN_RATIO_32 = 0x61c88647;

/**
 * Returns the multiplicative hash of a 32-bit number in `bits` bits, 1–32.
 *
 * Source: linux/hash.h `hash_32`, the hash of dh, sh, lblc and lblcr.
 */
export function hash32(value: number, bits: number): number {
  return Math.imul(value, GOLDEN_RATIO_32) >>> (32 - bits);
}

/**
 * Returns the low 32 bits of SipHash-1-3 over one 32-bit integer in little-endian order.
 *
 * The key is `half` twice, as mh uses it: k0 = k1 = `half` (0–4294967295).
 *
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", with one compression and three
 * finalisation rounds; linux/siphash.h `hsiphash_1u32` on a 64-bit host.
 */
export function sipHash13(half: number, value: number): number {
  // Each 64-bit lane is a pair of 32-bit halves; the key's high half is 0.
  const state = SIP_STATE;
  state[0] = 0x70736575 ^ half;
  state[1] = 0x736f6d65;
  state[2] = 0x6e646f6d ^ half;
  state[3] = 0x646f7261;
  state[4] = 0x6e657261 ^ half;
  state[5] = 0x6c796765;
  state[6] = 0x79746573 ^ half;
  state[7] = 0x74656462;
  // The only block: four bytes of data, and the length (4) in the top byte.
  state[6] ^= value;
  state[7] ^= 0x04000000;
  sipRound(state);
  state[0] ^= value;
  state[1] ^= 0x04000000;
  state[4] ^= 0xff;
  sipRound(state);
  sipRound(state);
  sipRound(state);
  return (state[0] ^ state[2] ^ state[4] ^ state[6]) >>> 0;
}

/** v0 to v3, low half first; one buffer suffices as nothing here is re-entrant. */
const SIP_STATE = new Int32Array(8) as SipState;

/** Eight words, so that indexing 0–7 is known to be defined. */
type SipState = Int32Array & Record<0 | 1 | 2 | 3 | 4 | 5 | 6 | 7, number>;

function sipRound(v: SipState): void {
  add(v, 0, 2);
  rotate(v, 2, 13);
  xor(v, 2, 0);
  swap(v, 0);
  add(v, 4, 6);
  rotate(v, 6, 16);
  xor(v, 6, 4);
  add(v, 0, 6);
  rotate(v, 6, 21);
  xor(v, 6, 0);
  add(v, 4, 2);
  rotate(v, 2, 17);
  xor(v, 2, 4);
  swap(v, 4);
}

function add(v: Int32Array, to: number, from: number): void {
  const low = (v[to]! >>> 0) + (v[from]! >>> 0);
  v[to] = low;
  v[to + 1] = v[to + 1]! + v[from + 1]! + (low > 0xffffffff ? 1 : 0);
}

function xor(v: Int32Array, to: number, from: number): void {
  v[to] = v[to]! ^ v[from]!;
  v[to + 1] = v[to + 1]! ^ v[from + 1]!;
}

/** Rotates a lane left by 1–31 bits. */
function rotate(v: Int32Array, lane: number, bits: number): void {
  const low = v[lane]!;
  const high = v[lane + 1]!;
  v[lane] = (low << bits) | (high >>> (32 - bits));
  v[lane + 1] = (high << bits) | (low >>> (32 - bits));
}

/** Rotates a lane by 32 bits. */
function swap(v: Int32Array, lane: number): void {
  const low = v[lane]!;
  v[lane] = v[lane + 1]!;
  v[lane + 1] = low;
}
