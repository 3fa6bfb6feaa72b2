/**
 * The clients of the engine's benchmark and the packets they send: the same, bit for bit, as those of
 * `bench/limit/limit.c`.
 *
 * Connection `index` is of client `FIRST_CLIENT + index mod 2¹⁸` and of one more port every 2¹⁸; packets
 * are of connections drawn at random by a seeded xorshift.
 *
 * @module
 */
import { TCP } from "../../src/net/protocol.ts";
import { finish } from "../../src/wire/checksum.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { HEADROOM } from "../../src/wire/frame.ts";

/** The virtual service, and the director's own address. */
export const VIRTUAL = 0xc0000201;
export const DIRECTOR = 0xc0000202;
export const PORT = 80;
/** Servers stand side by side. */
export const FIRST_SERVER = 0x0b000001;
export const SERVERS = 100;

/** Packets handed over at once, as by the pump. */
export const BATCH = 64;
/** Bytes of a packet: two headers without options. */
export const LENGTH = 40;

export const SYN = 0x02;
export const ACK = 0x10;

const FIRST_CLIENT = 0x0a000000;
const CLIENT_BITS = 18;
const FIRST_PORT = 1024;
const WINDOW = 0x2000;

/** Address of a connection's client. */
export function clientOf(index: number): number {
  return FIRST_CLIENT + (index & ((1 << CLIENT_BITS) - 1));
}

/** Port of a connection's client. */
export function portOf(index: number): number {
  return FIRST_PORT + (index >>> CLIENT_BITS);
}

/** Makes `frame` a packet of a connection as its client sends it, its checksums right. */
export function fill(frame: Frame, index: number, flags: number): void {
  const { view } = frame;
  const client = clientOf(index);
  const port = portOf(index);
  const ip = HEADROOM;
  const tcp = HEADROOM + 20;
  frame.start = HEADROOM;
  frame.end = HEADROOM + LENGTH;
  view.setUint32(ip, 0x45000000 | LENGTH);
  view.setUint32(ip + 4, 0);
  view.setUint32(ip + 8, 0x40060000);
  view.setUint32(ip + 12, client);
  view.setUint32(ip + 16, VIRTUAL);
  const ends = (client >>> 16) + (client & 0xffff) + (VIRTUAL >>> 16) + (VIRTUAL & 0xffff);
  view.setUint16(ip + 10, finish(0x4500 + LENGTH + 0x4006 + ends));
  view.setUint32(tcp, (port << 16) | PORT);
  view.setUint32(tcp + 4, index);
  view.setUint32(tcp + 8, 0);
  view.setUint32(tcp + 12, 0x50000000 | (flags << 16) | WINDOW);
  view.setUint32(tcp + 16, 0);
  const segment = port + PORT + (index >>> 16) + (index & 0xffff) + 0x5000 + flags + WINDOW;
  view.setUint16(tcp + 16, finish(ends + TCP + 20 + segment));
}

/** Seeded chance, xorshift32. */
export class Draws {
  #state = 1;

  /** Where the sequence is; setting it goes back. */
  get state(): number {
    return this.#state;
  }

  set state(state: number) {
    this.#state = state;
  }

  /** Returns a number 0–(`below` − 1). */
  next(below: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) % below;
  }
}
