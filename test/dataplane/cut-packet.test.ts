import t from "tap";
import { isDecidable, restore } from "../../dataplane/cut-packet.ts";
import { Frame } from "../../src/wire/frame.ts";
import { concat, fragments, hex, icmp, ip, sctp, tcp, udp } from "../support/packet.ts";
import { authentication, hopByHop } from "../support/packet-extensions.ts";
import { carries, isIcmp, matchPacket, srcPort } from "../support/packet-matchers.ts";

const V4 = { from: "10.1.2.3:40000", to: "10.0.0.100:80" };
const V6 = { from: "[2001:db8::1]:40000", to: "[2001:db8::2]:80" };
const HOSTS4 = { from: "10.1.2.3", to: "10.0.0.100" };
const HOSTS6 = { from: "2001:db8::1", to: "2001:db8::2" };
const LONG = "x".repeat(100);

/** Returns how many bytes of a packet must be there. */
function leastOf(packet: Uint8Array): number {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const lengths = Array.from({ length: packet.length + 1 }, (_unused, length) => length);
  const enough = lengths.filter((length) => isDecidable(view, 0, length));
  t.same(enough, lengths.slice(enough[0] ?? lengths.length), "and more are enough, too");
  return enough[0] ?? -1;
}

t.test(
  "enough of a packet is what is decided on, whatever the family and extensions",
  async (t) => {
    t.equal(leastOf(tcp({ ...V4, payload: LONG })), 40);
    t.equal(leastOf(tcp({ ...V4, payload: LONG, ipOptions: hex("94040000") })), 44);
    t.equal(leastOf(udp({ ...V4, payload: LONG })), 28);
    t.equal(leastOf(sctp({ ...V4, chunks: [{ type: 0, body: LONG }] })), 36);
    t.equal(leastOf(icmp({ ...HOSTS4, quoted: LONG })), 28, "echo");
    t.equal(leastOf(tcp({ ...V6, payload: LONG })), 60);
    t.equal(leastOf(udp({ ...V6, payload: LONG, extensions: [hopByHop(), authentication()] })), 80);
    t.equal(leastOf(icmp({ ...HOSTS6, quoted: LONG })), 48, "echo");
    t.equal(leastOf(ip({ ...HOSTS6, protocol: 50, payload: LONG })), 48);
  },
);

t.test("of an ICMP error, the ports of the packet it quotes belong to it", async (t) => {
  const quoted = tcp({ ...V4, payload: LONG });
  t.equal(leastOf(icmp({ ...HOSTS4, type: 3, code: 3, quoted })), 20 + 8 + 20 + 8);
  const quoted6 = udp({ ...V6, payload: LONG, extensions: [hopByHop()] });
  t.equal(leastOf(icmp({ ...HOSTS6, type: 1, code: 4, quoted: quoted6 })), 40 + 8 + 40 + 8 + 8);
  const later = fragments(udp({ ...V6, payload: LONG }), 24)[1]!;
  t.equal(leastOf(icmp({ ...HOSTS6, type: 3, code: 1, quoted: later })), 40 + 8 + 40 + 8);
});

t.test("of a later fragment, the headers are enough", async (t) => {
  t.equal(leastOf(fragments(udp({ ...V4, payload: LONG }), 24)[1]!), 20);
  t.equal(leastOf(fragments(udp({ ...V6, payload: LONG }), 24)[1]!), 48);
  t.equal(leastOf(fragments(udp({ ...V6, payload: LONG }), 24)[0]!), 56);
});

t.test("what is no IP packet is never enough", async (t) => {
  t.equal(leastOf(new Uint8Array(100)), -1);
  t.equal(leastOf(new Uint8Array(0)), -1);
});

/** Returns a packet cut to a length and restored. */
function restored(packet: Uint8Array, length: number): Uint8Array {
  const frame = new Frame();
  frame.load(packet.subarray(0, length));
  frame.bytes.fill(0xaa, frame.end);
  restore(frame, packet.length - length);
  return frame.packet();
}

t.test("restore() adds zeros", async (t) => {
  const packet = tcp({ ...V6, payload: LONG });
  t.same(restored(packet, 60), concat(packet.subarray(0, 60), new Uint8Array(100)));
  t.same(restored(packet, packet.length), packet);
});

t.test("restore() makes the checksum of an ICMP error right", async (t) => {
  for (const [ends, hosts, type] of [
    [V4, HOSTS4, 11],
    [V6, HOSTS6, 3],
  ] as const) {
    const error = icmp({ ...hosts, type, code: 0, quoted: tcp({ ...ends, payload: LONG }) });
    const cut = error.length - 90;
    matchPacket(t, restored(error, cut), isIcmp(type, 0));
    t.same(restored(error, error.length), error, "of a whole one it is as it came");
    matchPacket(t, restored(error, cut), carries(srcPort(40000)));
  }
});

t.test("restore() leaves checksums alone that cover more than the packet", async (t) => {
  const [first] = fragments(icmp({ ...HOSTS6, quoted: LONG }), 64);
  t.same(restored(first!, 60).subarray(0, 60), first!.subarray(0, 60));
});
