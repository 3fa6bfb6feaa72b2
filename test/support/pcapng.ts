/**
 * Builds pcapng files for tests, block by block, in either byte order.
 *
 * @module
 */
import { concat } from "./packet.ts";

/** What one builder writes: blocks of one byte order. */
export interface PcapngBuilder {
  section(): Uint8Array;
  /** @param options pairs of code and value */
  interface(
    linkType: number,
    snapLength?: number,
    options?: readonly (readonly [number, Uint8Array])[],
  ): Uint8Array;
  enhanced(
    interfaceId: number,
    time: bigint,
    packet: Uint8Array,
    originalLength?: number,
  ): Uint8Array;
  simple(packet: Uint8Array, originalLength?: number): Uint8Array;
  old(interfaceId: number, time: bigint, packet: Uint8Array): Uint8Array;
  block(type: number, body: Uint8Array): Uint8Array;
  uint64(value: bigint): Uint8Array;
}

/** Returns a builder of blocks in one byte order. */
export function pcapngBuilder(littleEndian: boolean): PcapngBuilder {
  const numbers = (...values: readonly (readonly [value: number, bytes: 2 | 4])[]) => {
    const parts = values.map(([value, bytes]) => {
      const view = new DataView(new ArrayBuffer(bytes));
      if (bytes === 2) view.setUint16(0, value, littleEndian);
      else view.setUint32(0, value, littleEndian);
      return new Uint8Array(view.buffer);
    });
    return concat(...parts);
  };
  const padded = (bytes: Uint8Array) => concat(bytes, new Uint8Array(-bytes.length & 3));
  const timeWords = (time: bigint) =>
    numbers([Number(time >> 32n), 4], [Number(time & 0xffffffffn), 4]);
  const builder: PcapngBuilder = {
    block(type, body) {
      const length = numbers([body.length + 12, 4]);
      return concat(numbers([type, 4]), length, body, length);
    },
    section: () =>
      builder.block(
        0x0a0d0d0a,
        concat(numbers([0x1a2b3c4d, 4], [1, 2], [0, 2]), new Uint8Array(8).fill(255)),
      ),
    interface(linkType, snapLength = 0, options = []) {
      const texts = options.map(([code, value]) =>
        concat(numbers([code, 2], [value.length, 2]), padded(value)),
      );
      const end = options.length > 0 ? numbers([0, 4]) : new Uint8Array(0);
      return builder.block(
        1,
        concat(numbers([linkType, 2], [0, 2], [snapLength, 4]), ...texts, end),
      );
    },
    enhanced(interfaceId, time, packet, originalLength = packet.length) {
      const lengths = numbers([packet.length, 4], [originalLength, 4]);
      return builder.block(
        6,
        concat(numbers([interfaceId, 4]), timeWords(time), lengths, padded(packet)),
      );
    },
    simple: (packet, originalLength = packet.length) =>
      builder.block(3, concat(numbers([originalLength, 4]), padded(packet))),
    old(interfaceId, time, packet) {
      const lengths = numbers([packet.length, 4], [packet.length, 4]);
      const from = numbers([interfaceId, 2], [0, 2]);
      return builder.block(2, concat(from, timeWords(time), lengths, padded(packet)));
    },
    uint64(value) {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigInt64(0, value, littleEndian);
      return new Uint8Array(view.buffer);
    },
  };
  return builder;
}
