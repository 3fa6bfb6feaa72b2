import fc from "fast-check";
import t from "tap";
import * as ipv4 from "../../src/wire/ipv4.ts";
import { Ipv4Fragmenter } from "../../src/wire/ipv4-fragmenter.ts";
import { fragments, hex, ip, udp } from "../support/packet.ts";

const ENDS = { from: "10.0.0.1", to: "10.0.0.2" };

function cut(packet: Uint8Array, mtu: number, fragmenter = new Ipv4Fragmenter()): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const view = new DataView(packet.buffer, packet.byteOffset);
  fragmenter.cut(view, 0, mtu, (length) => {
    pieces.push(fragmenter.bytes.slice(0, length));
    return true;
  });
  return pieces;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset);

t.test("cut() makes the fragments another implementation makes", (t) => {
  const packet = ip({ ...ENDS, protocol: 17, id: 77, payload: "x".repeat(3000) });
  t.strictSame(cut(packet, 1500), fragments(packet, 1480));
  t.end();
});

t.test("cut() makes fragments that put together are the packet", (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 4000 }),
      fc.integer({ min: 28, max: 1600 }),
      (payload, mtu) => {
        const packet = ip({ ...ENDS, protocol: 17, id: 9, payload });
        const whole = new Uint8Array(payload.length);
        for (const [index, piece] of cut(packet, mtu).entries()) {
          const view = viewOf(piece);
          if (piece.length > mtu || !ipv4.isWhole(view, 0, piece.length)) return false;
          if (!ipv4.checksumIsRight(view, 0) || ipv4.id(view, 0) !== 9) return false;
          const offset = (ipv4.fragment(view, 0) & ipv4.OFFSET_MASK) * 8;
          if (index === 0 && offset !== 0) return false;
          whole.set(piece.subarray(20), offset);
          const isLast = (ipv4.fragment(view, 0) & ipv4.MORE_FRAGMENTS) === 0;
          if (isLast !== (offset + piece.length - 20 === payload.length)) return false;
        }
        return Buffer.compare(whole, payload) === 0;
      },
    ),
  );
  t.end();
});

t.test("cut() cuts a fragment into smaller ones, all in their place", (t) => {
  const packet = ip({ ...ENDS, protocol: 17, id: 5, payload: "abcdefgh".repeat(300) });
  const [first, middle] = fragments(packet, 1000);
  const pieces = cut(first!, 520);
  t.strictSame(pieces.slice(0, 2), fragments(packet, 500).slice(0, 2));
  t.strictSame(
    pieces.map((piece) => [piece.length, ipv4.fragment(viewOf(piece), 0)]),
    [
      [516, 0x2000],
      [516, 0x2000 | 62],
      [28, 0x2000 | 124],
    ],
  );
  const again = cut(middle!, 520);
  t.strictSame(
    again.map((piece) => ipv4.fragment(viewOf(piece), 0)),
    [0x2000 | 125, 0x2000 | 187, 0x2000 | 249],
  );
  t.end();
});

t.test("cut() puts no-operations where an option is not to be copied", (t) => {
  // Record route (7, not copied), no operation, router alert (148, copied).
  const ipOptions = hex("07070400000000 01 94040000");
  const packet = ip({ ...ENDS, protocol: 17, ipOptions, payload: "z".repeat(100) });
  const pieces = cut(packet, 80);
  t.strictSame(pieces[0]!.subarray(20, 32), ipOptions);
  t.equal(pieces.length, 3);
  for (const later of pieces.slice(1)) {
    t.strictSame(later.subarray(20, 32), hex("01010101010101 01 94040000"));
  }
  for (const piece of pieces) t.ok(ipv4.checksumIsRight(viewOf(piece), 0));
  const broken = ip({
    ...ENDS,
    protocol: 17,
    ipOptions: hex("94ff0000"),
    payload: "z".repeat(100),
  });
  t.ok(cut(broken, 80).length > 1, "an option of impossible length ends the options");
  t.end();
});

t.test("cut() gives an identification to a packet without one", (t) => {
  const fragmenter = new Ipv4Fragmenter();
  const packet = ip({ ...ENDS, protocol: 17, id: 0, payload: "z".repeat(100) });
  const ids = [cut(packet, 60, fragmenter), cut(packet, 60, fragmenter)].map((pieces) =>
    pieces.map((piece) => ipv4.id(viewOf(piece), 0)),
  );
  t.strictSame(ids, [
    [1, 1, 1],
    [2, 2, 2],
  ]);
  t.end();
});

t.test("cut() has the fragments forbid further cutting where told", (t) => {
  const packet = ip({ ...ENDS, protocol: 17, payload: "z".repeat(100) });
  const fragmenter = new Ipv4Fragmenter();
  const flags: number[] = [];
  fragmenter.cut(
    viewOf(packet),
    0,
    84,
    () => {
      flags.push(ipv4.fragment(viewOf(fragmenter.bytes), 0));
      return true;
    },
    true,
  );
  t.strictSame(flags, [0x6000, 0x4000 | 8]);
  t.end();
});

t.test("cut() gives up where nothing fits, and when the sink refuses", (t) => {
  const packet = udp({ from: "10.0.0.1:1", to: "10.0.0.2:2", payload: "x".repeat(100) });
  const fragmenter = new Ipv4Fragmenter();
  t.notOk(fragmenter.cut(viewOf(packet), 0, 27, () => true));
  t.notOk(fragmenter.cut(viewOf(packet), 0, 0, () => true));
  let taken = 0;
  t.notOk(fragmenter.cut(viewOf(packet), 0, 60, () => ++taken < 2));
  t.equal(taken, 2);
  t.end();
});
