import t from "tap";
import { largestPiece, mayBeCut, PacketCutter } from "../../dataplane/packet-cutter.ts";
import { parseAddress } from "../../src/net/address.ts";
import { Frame } from "../../src/wire/frame.ts";
import { concat, fragments, hex, ip } from "../support/packet.ts";

const ENDS = { from: "2001:db8::1", to: "2001:db8::2" };
const ENDS4 = { from: "10.0.0.1", to: "10.0.0.2" };
const UDP = 17;

function frameOf(packet: Uint8Array): Frame {
  const frame = new Frame();
  frame.load(packet);
  return frame;
}

function cut(packet: Frame | Uint8Array, mtu: number, cutter = new PacketCutter()) {
  const pieces: Uint8Array[] = [];
  const frame = packet instanceof Frame ? packet : frameOf(packet);
  const whole = cutter.cut(frame, mtu, (bytes, length) => {
    pieces.push(bytes.slice(0, length));
    return true;
  });
  return { pieces, whole };
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset);

t.test("cut() makes IPv4 fragments, which may forbid to be cut", async (t) => {
  const packet = ip({ ...ENDS4, protocol: UDP, id: 77, payload: "x".repeat(3000) });
  t.strictSame(cut(packet, 1500).pieces, fragments(packet, 1480));
  const frame = frameOf(packet);
  frame.fragmentsDontFragment = true;
  t.strictSame(
    cut(frame, 1500).pieces.map((piece) => viewOf(piece).getUint16(6) >>> 13),
    [3, 3, 2],
    "all have the flag, the last one no more fragments",
  );
});

t.test("cut() puts an IPv6 fragment header behind the fixed one", async (t) => {
  const packet = ip({ ...ENDS, protocol: UDP, payload: "x".repeat(40), flowLabel: 5, ttl: 9 });
  const { pieces, whole } = cut(packet, 40 + 8 + 24);
  t.ok(whole);
  const id = pieces[0]!.slice(44, 48);
  const header = packet.slice(0, 40);
  header[6] = 44;
  const headerOf = (length: number) => {
    viewOf(header).setUint16(4, length);
    return header.slice();
  };
  t.strictSame(pieces, [
    concat(headerOf(32), hex("11000001"), id, packet.subarray(40, 64)),
    concat(headerOf(24), hex("11000018"), id, packet.subarray(64)),
  ]);
});

t.test("cut() gives each packet an identification of its own", async (t) => {
  const cutter = new PacketCutter();
  const packet = ip({ ...ENDS, protocol: UDP, payload: "z".repeat(100) });
  const idOf = (piece: Uint8Array) => viewOf(piece).getUint32(44);
  const [first, second] = [cut(packet, 100, cutter), cut(packet, 100, cutter)];
  const id = idOf(first.pieces[0]!);
  t.ok(first.pieces.every((piece) => idOf(piece) === id));
  t.ok(second.pieces.every((piece) => idOf(piece) === (id + 1) >>> 0));
});

t.test(
  "cut() gives up where nothing fits, for an IPv6 fragment, and for what is no packet",
  async (t) => {
    const packet = ip({ ...ENDS, protocol: UDP, payload: "x".repeat(100) });
    t.notOk(cut(packet, 55).whole);
    t.notOk(cut(packet, 0).whole);
    t.notOk(cut(cut(packet, 100).pieces[0]!, 80).whole);
    t.notOk(cut(hex("50 00 00"), 80).whole);
    t.notOk(cut(hex("60 00 00"), 80).whole);
    const cutter = new PacketCutter();
    let taken = 0;
    t.notOk(cutter.cut(frameOf(packet), 80, () => ++taken < 2));
    t.equal(taken, 2);
  },
);

t.test("largestPiece() is that of the fragments a packet came in, and of its way", async (t) => {
  const nextHop = { family: 6, address: parseAddress("2001:db8::2").words } as const;
  const routes = { route: () => ({ local: false, mtu: 1400, source: new Uint32Array(4) }) };
  const of = (packet: Uint8Array, fragmentSize = 0) => {
    const frame = frameOf(packet);
    frame.fragmentSize = fragmentSize;
    return largestPiece(frame, routes, nextHop);
  };
  const long = "x".repeat(2000);
  const six = ip({ ...ENDS, protocol: UDP, payload: long });
  const four = ip({ ...ENDS4, protocol: UDP, payload: long });
  t.equal(of(four), Number.POSITIVE_INFINITY, "the interface tells");
  t.equal(of(six), 1400);
  t.equal(of(ip({ ...ENDS, protocol: UDP, payload: "x".repeat(1240) })), Number.POSITIVE_INFINITY);
  for (const packet of [four, six]) {
    t.equal(of(packet, 600), 600);
    t.equal(of(packet, 1500), 1400);
  }
  t.equal(largestPiece(frameOf(six), { route: () => undefined }, nextHop), 0);
  t.ok(mayBeCut(frameOf(six)));
  t.ok(mayBeCut(frameOf(four)));
  t.notOk(mayBeCut(frameOf(ip({ ...ENDS4, protocol: UDP, payload: long, df: true }))));
});
