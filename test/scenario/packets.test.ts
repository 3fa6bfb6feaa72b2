/**
 * Packets built from lines, and told, as the recorded kernel's tools do: what no recorded scenario shows.
 */
import t from "tap";
import { PacketBuilder } from "../../src/scenario/packet-builder.ts";
import { packetText } from "../../src/scenario/packet-text.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { replyTo } from "../../src/scenario/reply.ts";
import { hex } from "../support/packet.ts";

/** Lines, and the packets an oracle made of them when they came in this order. */
const BUILT: readonly (readonly [line: string, packet: string])[] = [
  [
    "tcp 10.1.2.3:1 10.0.0.100:80 S opt=0204",
    "4500002c00014000400624640a0102030a00006400010050000003e8000000006002ffff833a000002040000",
  ],
  [
    "tcp 10.1.2.3:1 10.0.0.100:80 S opt=020405b4 ttl=3 tos=0x10 id=5 df=0",
    "4510002c000500000306a1500a0102030a00006400010050000003e8000000006002ffff7d860000020405b4",
  ],
  [
    "tcp 10.1.2.3:1 10.0.0.100:80 S frag=0x2000 csum=dead ipopt=01",
    "4600002c0003200040064262" + "0a0102030a0000640100000000010050000003e8000000005002ffffdead0000",
  ],
  [
    "tcp [2001:db8:1::3]:1 [2001:db8:c::100]:80 S flow=5 tos=3 ttl=9",
    "603000050014060920010db800010000000000000000000320010db8000c0000000000000000010000010050000003e8000000005002ffff4f280000",
  ],
  [
    "udp 10.1.2.3:1 10.0.0.100:80 len=8 csum=0",
    "45000024000440004011245e0a0102030a00006400010050001000006162636465666768",
  ],
  [
    "sctp 10.1.2.3:1 10.0.0.100:80 INIT data=abc csum=deadbeef",
    "4500003700054000408423d70a0102030a0000640001005011223344deadbeef01000014abcd00010000ffff000a000a00000001616263",
  ],
  [
    "icmp [2001:db8:1::3] [2001:db8:c::100] 128 0 hex=0102",
    "60000000000a3a4020010db800010000000000000000000320010db8000c0000000000000000010080002237000000000102",
  ],
  ["ip 10.1.2.3 10.0.0.100 132 hex=01", "4500001500064000408423f80a0102030a00006401"],
];

t.test("a packet line gives the same bytes everywhere", async (t) => {
  const builder = new PacketBuilder();
  for (const [line, packet] of BUILT) {
    const [statement] = parseScenario("a.scn", line).statements;
    if (statement?.kind !== "packet") throw new Error(`"${line}" sends no packet`);
    const built = builder.build(statement.packet, () => undefined);
    t.equal(Buffer.from(built).toString("hex"), packet, line);
  }
});

/** Bytes, and what an oracle said of them. */
const TOLD: readonly (readonly [packet: string, text: string])[] = [
  ["", "empty"],
  ["00", "?"],
  ["45000014", "?"],
  ["4500001400000000400600000a0102030a000064", "IP 10.1.2.3>10.0.0.100 proto=6 len=0"],
  [
    "4500002800000000400600000a0102030a000064000100020000000000000000f002000000000000",
    "TCP 10.1.2.3:1>10.0.0.100:2 S len=-40",
  ],
  [
    "4500001c00000001401100000a0102030a0000640001000200ffffff",
    "FRAG 10.1.2.3>10.0.0.100 proto=17 off=8",
  ],
  [
    "4400001c00000000401100000a0102030a0000640001000200ffffff",
    "UDP 10.1.2.3:2560>10.0.0.100:100 len=4",
  ],
  [
    "4500001c00000000400100000a0102030a0000640300000000000000",
    "ICMP 10.1.2.3>10.0.0.100 type=3 code=0 rest=00000000 {empty}",
  ],
  [
    "4500001d00000000400100000a0102030a000064010000000000000045",
    "ICMP 10.1.2.3>10.0.0.100 type=1 code=0 rest=00000000",
  ],
  ["4500001400000000402900000a0102030a000064", "IP6TUN 10.1.2.3>10.0.0.100 {empty}"],
  ["4500001500000000400400000a0102030a00006445", "IPIP 10.1.2.3>10.0.0.100 {?}"],
  [
    "6000000000103c4020010db800010000000000000000000320010db8000c0000000000000000010011000000000000000001000200080000",
    "UDP [2001:db8:1::3]:1>[2001:db8:c::100]:2 len=0",
  ],
  [
    "6000000000102c4020010db800010000000000000000000320010db8000c0000000000000000010011000000000000010001000200080000",
    "IP 2001:db8:1::3>2001:db8:c::100 proto=44 len=16",
  ],
  [
    "6000000000103c4020010db800010000000000000000000320010db8000c0000000000000000010011020000000000000001000200080000",
    "IP 2001:db8:1::3>2001:db8:c::100 proto=17 len=-8",
  ],
  [
    "600000000014044000000000000000000000000000000001000000000000000000000000000000004500001400000000406300000a0102030a000064",
    "IPIP ::1>:: {IP 10.1.2.3>10.0.0.100 proto=99 len=0}",
  ],
];

t.test("packetText() has a text for any bytes", async (t) => {
  for (const [packet, text] of TOLD) t.equal(packetText(hex(packet)), text);
});

t.test(
  "replyTo() answers TCP, UDP and SCTP, also inside an IPv4 tunnel, and nothing else",
  async (t) => {
    const tcp = hex(
      "4500002800014000400624680a0102030a00006400010050000003e8000000005002ffff95420000",
    );
    const ends = {
      from: { address: { words: Uint32Array.of(0x0a000064, 0, 0, 0) }, port: 80 },
      to: { address: { words: Uint32Array.of(0x0a010203, 0, 0, 0) }, port: 1 },
    };
    t.match(replyTo(tcp, { flags: 0x12, options: {} }), { protocol: "tcp", flags: 0x12, ...ends });
    const tunnel = hex(
      `4500003c000040003f04a661c0a80a01c0a80a0b${Buffer.from(tcp).toString("hex")}`,
    );
    t.match(replyTo(tunnel, { flags: 0x12, options: {} }), { protocol: "tcp", ...ends });
    t.equal(replyTo(tcp, { options: {} }), undefined, "TCP without flags");
    t.equal(replyTo(hex("4500001400000000406300000a0102030a000064"), { options: {} }), undefined);
    t.equal(replyTo(new Uint8Array(0), { options: {} }), undefined);
  },
);
