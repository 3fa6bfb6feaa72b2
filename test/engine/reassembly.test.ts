import fc from "fast-check";
import t from "tap";
import { fragment, fragmentsOf } from "../support/fragments.ts";
import { icmp, tcp, udp } from "../support/packet.ts";
import { dissect } from "../support/packet-matchers.ts";
import { VIP, VIP6, Wire } from "./support.ts";

const LONG = "0123456789".repeat(300);
const REQUEST_4 = udp({ from: "10.1.2.3:1000", to: `${VIP}:53`, payload: LONG });
const REQUEST_6 = udp({ from: "[2001:db8:1::3]:1000", to: `[${VIP6}]:53`, payload: LONG });
const SERVER_4 = "192.168.10.11:5353";
const SERVER_6 = "[2001:db8:d::11]:5353";

function balanced(): Wire {
  // Room for whole IPv6 packets, which nobody on the way may cut.
  const wire = new Wire({ mtu: 9000 });
  wire.service("udp", 53);
  wire.server("udp", 53, SERVER_4, { method: "masquerade" });
  wire.service("udp", 53, {}, VIP6);
  wire.server("udp", 53, SERVER_6, { method: "masquerade" }, VIP6);
  return wire;
}

/** Sends all and returns the packets that left. */
function sendAll(wire: Wire, packets: readonly Uint8Array[]): Uint8Array[] {
  return packets.flatMap((packet) => wire.send(packet)).map(({ packet }) => packet);
}

t.test(
  "fragments in any order, some of them twice, are balanced as the packet they are",
  async (t) => {
    for (const request of [REQUEST_4, REQUEST_6]) {
      const [whole] = sendAll(balanced(), [request]);
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 180 }).chain((units) => {
            const order = Array.from(fragmentsOf(request, units * 8), (_piece, index) => index);
            return fc.tuple(
              fc.constant(units),
              fc.shuffledSubarray(order, { minLength: order.length, maxLength: order.length }),
              fc.array(fc.nat(order.length - 1), { maxLength: 3 }),
            );
          }),
          ([units, order, repeated]) => {
            const pieces = fragmentsOf(request, units * 8);
            const wire = balanced();
            // A piece repeated behind the last would begin a new packet, so repetitions come first.
            const sent = sendAll(wire, [
              ...repeated.map((at) => pieces[at]!),
              ...order.map((at) => pieces[at]!),
            ]);
            if (pieces.length === 1) return sent.length === 1 + repeated.length;
            if (new Set(repeated).size === pieces.length) return true;
            return sent.length === 1 && same(withoutId(sent[0]!), withoutId(whole!));
          },
        ),
        { numRuns: 60 },
      );
    }
    t.pass("held for random fragments");
  },
);

t.test("a packet that is put together knows the fragments it came in", async (t) => {
  const sizes: [size: number, dontFragment: boolean][] = [];
  const wire = new Wire({}, (frame) => {
    sizes.push([frame.fragmentSize, frame.fragmentsDontFragment]);
  });
  wire.service("udp", 53);
  wire.server("udp", 53, SERVER_4, { method: "masquerade" });
  wire.service("udp", 53, {}, VIP6);
  wire.server("udp", 53, SERVER_6, { method: "masquerade" }, VIP6);
  sendAll(wire, [
    ...fragmentsOf(REQUEST_4, 800),
    ...fragmentsOf(REQUEST_4, 400, { df: true, id: 8 }),
    ...fragmentsOf(REQUEST_6, 1000),
    udp({ from: "10.1.2.3:1000", to: `${VIP}:53`, payload: "short" }),
  ]);
  t.same(sizes.filter(([size]) => size > 0).slice(-3), [
    [820, false],
    [420, true],
    [1048, false],
  ]);
  t.same(sizes.at(-1), [0, false]);
});

t.test("fragments that overlap take their whole packet with them", async (t) => {
  const wire = balanced();
  const sent = sendAll(wire, [
    fragment(REQUEST_4, 0, 800),
    fragment(REQUEST_4, 792, 1600),
    fragment(REQUEST_4, 1600, 3008),
  ]);
  t.same(sent, []);
  t.equal(wire.director.counters()["fragment-overlap"], 1);
  t.equal(wire.director.counters().fragment, 2, "what comes later waits in vain");
});

t.test("two last fragments that disagree about the length are an overlap too", async (t) => {
  const wire = balanced();
  const short = udp({ from: "10.1.2.3:1000", to: `${VIP}:53`, payload: LONG.slice(0, 1000) });
  t.same(sendAll(wire, [fragment(REQUEST_4, 1600, 3008), fragment(short, 800, 1008)]), []);
  t.equal(wire.director.counters()["fragment-overlap"], 1);
  t.same(sendAll(wire, [fragment(short, 800, 1008), fragment(REQUEST_4, 1600, 2400)]), []);
  t.equal(wire.director.counters()["fragment-overlap"], 2, "beyond the end");
});

t.test("what is not complete in time is dropped, and counted once a packet", async (t) => {
  const wire = balanced();
  sendAll(wire, [
    fragment(REQUEST_4, 0, 800),
    fragment(REQUEST_4, 1600, 3008),
    fragment(REQUEST_6, 0, 800),
  ]);
  wire.wait(29);
  t.equal(wire.director.counters()["fragment-timeout"], 0);
  wire.wait(2);
  t.equal(wire.director.counters()["fragment-timeout"], 1, "IPv4 after 30 s");
  t.same(sendAll(wire, [fragment(REQUEST_4, 800, 1600)]), []);
  wire.wait(61);
  t.equal(wire.director.counters()["fragment-timeout"], 3, "IPv6 after 60 s");
});

t.test("a flood of fragments is bounded, and its memory comes back", async (t) => {
  const wire = balanced();
  for (let id = 0; id < 1500; id++) wire.send(fragment(REQUEST_4, 0, 800, { id }));
  const { fragment: held, "fragment-limit": refused } = wire.director.counters();
  t.equal(held! + refused!, 1500);
  t.ok(refused! > 0, `${refused} refused`);
  wire.wait(31);
  t.equal(sendAll(wire, fragmentsOf(REQUEST_4, 800)).length, 1, "there is room again");
});

t.test("fragments that cannot be are dropped", async (t) => {
  const wire = balanced();
  const tooFar = fragment(REQUEST_4, 0, 3008);
  new DataView(tooFar.buffer).setUint16(6, 0x1fff);
  new DataView(tooFar.buffer).setUint16(10, 0);
  t.same(sendAll(wire, [tooFar]), [], "a wrong header checksum besides");
  const odd = fragment(REQUEST_6, 0, 804);
  t.same(sendAll(wire, [odd]), []);
  t.equal(wire.director.counters()["malformed-header"], 1, "IPv6, not a multiple of 8 bytes");
});

t.test(
  "fragmented ICMP errors from a real server reach the client as errors of the service",
  async (t) => {
    const wire = new Wire();
    wire.service("tcp", 80);
    wire.server("tcp", 80, "192.168.10.11:8080", { method: "masquerade" });
    const [request] = sendAll(wire, [
      tcp({ from: "10.1.2.3:40000", to: `${VIP}:80`, flags: "S", payload: LONG.slice(0, 400) }),
    ]);
    const error = icmp({
      from: "192.168.10.11",
      to: "10.1.2.3",
      type: 3,
      code: 3,
      quoted: request!,
    });
    const sent = sendAll(wire, fragmentsOf(error, 200));
    t.equal(sent.length, 1);
    const { from, inner } = dissect(sent[0]!);
    t.equal(from, VIP);
    t.match(inner, { to: VIP, dstPort: 80 });
  },
);

function withoutId(packet: Uint8Array): Uint8Array {
  if (packet[0]! >>> 4 !== 4) return packet;
  const copy = Uint8Array.from(packet);
  // Identification and header checksum: fragments have their own.
  copy.fill(0, 4, 6);
  copy.fill(0, 10, 12);
  return copy;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
