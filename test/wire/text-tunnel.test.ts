import t from "tap";
import { packetText } from "../../src/wire/text.ts";
import { concat, hex, ip, tcp, udp } from "../support/packet.ts";
import { type PacketLine, testLines } from "../support/packet-lines.ts";
import { gre, gue } from "../support/packet-tunnels.ts";

const HOSTS = { from: "10.0.0.1", to: "10.0.0.2" };
const HOSTS6 = { from: "2001:db8::1", to: "2001:db8::2" };
const INNER = udp({ from: "10.1.2.3:40000", to: "10.0.0.100:8000" });
const INNER6 = tcp({ from: "[2001:db8:1::3]:40000", to: "[2001:db8:c::100]:80", flags: "S" });
const SAID = "IP 10.1.2.3.40000 > 10.0.0.100.8000: UDP, length 0";
const SAID6 = "IP6 2001:db8:1::3.40000 > 2001:db8:c::100.80: Flags [S], seq 0, win 65535, length 0";

function generic(payload: Uint8Array, said: string): PacketLine {
  return [ip({ ...HOSTS, protocol: 47, payload }), `IP 10.0.0.1 > 10.0.0.2: ${said}`];
}

testLines(t, [
  [gre(HOSTS, INNER), `IP 10.0.0.1 > 10.0.0.2: GREv0, length 32: ${SAID}`],
  [gre(HOSTS6, INNER6), `IP6 2001:db8::1 > 2001:db8::2: GREv0, length 64: ${SAID6}`],
  [
    gre({ ...HOSTS, greChecksum: true }, INNER6),
    `IP 10.0.0.1 > 10.0.0.2: GREv0, off 0x0, length 68: ${SAID6}`,
  ],
  [gre({ ...HOSTS, key: 7 }, INNER), `IP 10.0.0.1 > 10.0.0.2: GREv0, key=0x7, length 36: ${SAID}`],
  [
    gre({ ...HOSTS, greChecksum: true, key: 7, sequence: 9 }, INNER),
    `IP 10.0.0.1 > 10.0.0.2: GREv0, off 0x0, key=0x7, seq 9, length 44: ${SAID}`,
  ],
  generic(hex("00000806 0001"), "GREv0, length 6: gre-proto-0x806"),
  generic(hex("00000800"), "GREv0, length 4: [|ip]"),
  generic(hex("80000800 00"), "GREv0 [|gre]"),
]);

t.test("GRE headers that mean something else are not looked behind", async (t) => {
  const text = (payload: Uint8Array) => packetText(generic(payload, "")[0]);
  t.match(
    text(concat(hex("3001880b 00040001 00000001"), INNER)),
    /: GREv1, length 40: gre-proto-0x880b$/,
  );
  t.match(text(concat(hex("40000800 00000000"), INNER)), /: GREv0, length 36: gre-proto-0x800$/);
  t.match(text(hex("0000")), /: \[\|gre\]$/);
});

t.test("a packet to the port of GUE is told with the packet inside", async (t) => {
  const ends = { from: "10.0.0.1:50000", to: "10.0.0.2:6080" };
  const start = "IP 10.0.0.1.50000 > 10.0.0.2.6080: UDP, length";
  t.equal(packetText(gue(ends, INNER)), `${start} 32: GUE, ${SAID}`);
  t.equal(
    packetText(gue({ ...ends, gueFields: hex("00000000") }, INNER6)),
    `${start} 68: GUE, ${SAID6}`,
  );
  const over6 = { from: "[2001:db8::1]:50000", to: "[2001:db8::2]:6080" };
  t.match(
    packetText(gue(over6, INNER6)),
    /2\.6080: UDP, length 64: GUE, IP6 2001:db8:1::3\.40000 >/,
  );
});

t.test("other datagrams are no tunnels", async (t) => {
  const ends = { from: "10.0.0.1:50000", to: "10.0.0.2:6080" };
  const isPlain = (packet: Uint8Array) => /UDP, length \d+$/.test(packetText(packet));
  t.ok(isPlain(gue({ ...ends, to: "10.0.0.2:6081" }, INNER)), "another port");
  t.ok(isPlain(udp({ ...ends, payload: concat(hex("40040000"), INNER) })), "another variant");
  t.ok(isPlain(udp({ ...ends, payload: concat(hex("20040000"), INNER) })), "a control message");
  t.ok(isPlain(udp({ ...ends, payload: concat(hex("00290000"), INNER) })), "another version");
  t.ok(isPlain(udp({ ...ends, payload: concat(hex("00060000"), INNER) })), "no IP");
  t.ok(isPlain(udp({ ...ends, payload: hex("1f040000 45") })), "nothing behind the header");
  t.ok(isPlain(udp({ ...ends, payload: "" })));
});
