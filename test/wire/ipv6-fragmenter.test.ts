import fc from "fast-check";
import t from "tap";
import * as ipv6 from "../../src/wire/ipv6.ts";
import { Ipv6Fragmenter } from "../../src/wire/ipv6-fragmenter.ts";
import { concat, hex, ip } from "../support/packet.ts";

const ENDS = { from: "2001:db8::1", to: "2001:db8::2" };
const UDP = 17;

const fragmenter = new Ipv6Fragmenter();

function cut(packet: Uint8Array, mtu: number) {
  const pieces: Uint8Array[] = [];
  const whole = fragmenter.cut(viewOf(packet), 0, mtu, 7, (length) => {
    pieces.push(fragmenter.bytes.slice(0, length));
    return true;
  });
  return { pieces, whole };
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset);

t.test("cut() puts a fragment header behind the fixed one", async (t) => {
  const packet = ip({ ...ENDS, protocol: UDP, payload: "x".repeat(40), flowLabel: 5, ttl: 9 });
  const { pieces, whole } = cut(packet, 40 + 8 + 24);
  t.ok(whole);
  const header = packet.slice(0, 40);
  header[6] = 44;
  const headerOf = (length: number) => {
    viewOf(header).setUint16(4, length);
    return header.slice();
  };
  t.strictSame(pieces, [
    concat(headerOf(32), hex("11000001 00000007"), packet.subarray(40, 64)),
    concat(headerOf(24), hex("11000018 00000007"), packet.subarray(64)),
  ]);
});

t.test("cut() makes fragments that put together are the packet", async () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 4000 }),
      fc.integer({ min: 56, max: 1600 }),
      (payload, mtu) => {
        const packet = ip({ ...ENDS, protocol: UDP, payload });
        const data = new Uint8Array(payload.length);
        for (const piece of cut(packet, mtu).pieces) {
          const view = viewOf(piece);
          if (piece.length > mtu || !ipv6.isWhole(view, 0, piece.length)) return false;
          if (ipv6.nextHeader(view, 0) !== 44 || view.getUint32(44) !== 7) return false;
          const offset = view.getUint16(42) & 0xfff8;
          data.set(piece.subarray(48), offset);
          const isLast = (view.getUint16(42) & 1) === 0;
          if (isLast !== (offset + piece.length - 48 === payload.length)) return false;
        }
        return Buffer.compare(data, payload) === 0;
      },
    ),
  );
});

t.test("cut() repeats what routers look at, and nothing else, in every fragment", async (t) => {
  const hopByHop = (next: string) => hex(`${next}00 050200000100`);
  const destination = (next: string) => hex(`${next}00 010400000000`);
  const routing = (next: string) => hex(`${next}00 000000000000`);
  const data = new Uint8Array(100).fill(1);
  const cases = [
    { headers: [hopByHop("3c"), destination("11")], first: 0, kept: 56, next: 17, link: 48 },
    { headers: [destination("2b"), routing("11")], first: 60, kept: 56, next: 17, link: 48 },
    {
      headers: [hopByHop("2b"), routing("3c"), destination("11")],
      first: 0,
      kept: 56,
      next: 60,
      link: 48,
    },
    // Without a routing header, options for the destination may be for any hop: as Linux has it.
    { headers: [destination("11")], first: 60, kept: 48, next: 17, link: 40 },
  ];
  for (const { headers, first, kept, next, link } of cases) {
    const packet = ip({ ...ENDS, protocol: first, payload: concat(...headers, data) });
    const { pieces } = cut(packet, kept + 8 + 64);
    t.equal(pieces.length > 1, true);
    for (const piece of pieces) {
      t.equal(piece[link], 44);
      t.equal(piece[kept], next);
      t.strictSame(piece.subarray(8, 40), packet.subarray(8, 40));
    }
    const carried = concat(...pieces.map((piece) => piece.subarray(kept + 8)));
    t.strictSame(carried, packet.subarray(kept));
  }
});

t.test("cut() gives up where nothing fits, and when the sink refuses", async (t) => {
  const packet = ip({ ...ENDS, protocol: UDP, payload: "x".repeat(100) });
  t.notOk(cut(packet, 55).whole);
  t.notOk(cut(packet, 0).whole);
  let taken = 0;
  t.notOk(fragmenter.cut(viewOf(packet), 0, 80, 1, () => ++taken < 2));
  t.equal(taken, 2);
});

t.test("cut() gives up where a header that every fragment carries is cut off", async (t) => {
  const packet = ip({ ...ENDS, protocol: 0, payload: hex("11ff 0000000000000000") });
  t.strictSame(cut(packet, 60), { pieces: [], whole: false });
});
