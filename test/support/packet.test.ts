import t from "tap";
import { concat, crc32c, fragments, hex, icmp, ip, ipip, sctp, tcp, udp } from "./packet.ts";
import { authentication, destinationOptions, hopByHop, routing } from "./packet-extensions.ts";
import {
  carries,
  dissect,
  dstPort,
  field,
  flags,
  from,
  isFragment,
  isGre,
  isGue,
  isIcmp,
  isIcmpv6,
  isIpip,
  isIpv4,
  isIpv6,
  isSctp,
  isTcp,
  isUdp,
  type Matcher,
  matchPacket,
  payload,
  srcPort,
  to,
  ttl,
} from "./packet-matchers.ts";
import { gre, gue } from "./packet-tunnels.ts";

t.test("builders write the bytes of known packets", async (t) => {
  t.same(
    udp({ from: "192.0.2.1:1234", to: "192.0.2.2:53", id: 0x1234, df: true, payload: "hi" }),
    hex("4500001e 1234 4000 40 11 a497 c0000201 c0000202 04d2 0035 000a 0e66 6869"),
  );
  const echo = icmp({ from: "192.0.2.1", to: "192.0.2.2", rest: 0x00010002 });
  t.same(echo.subarray(20), hex("08 00 f7fc 0001 0002"));
});

t.test("crc32c() gives the check value of its definition", async (t) => {
  t.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
});

t.test("what is built is what is dissected", async (t) => {
  const segment = tcp({
    from: "10.1.2.3:40000",
    to: "10.0.0.100:80",
    flags: "S.",
    seq: 7,
    ack: 8,
    window: 9,
    options: hex("020405b4"),
    payload: "hello",
    ttl: 5,
    tos: 4,
    id: 3,
    df: true,
  });
  const { payload, ...fields } = dissect(segment);
  t.same(fields, {
    family: 4,
    from: "10.1.2.3",
    to: "10.0.0.100",
    protocol: 6,
    ttl: 5,
    tos: 4,
    totalLength: 49,
    id: 3,
    df: true,
    mf: false,
    fragmentOffset: 0,
    headerChecksumOk: true,
    srcPort: 40000,
    dstPort: 80,
    flags: "SA",
    seq: 7,
    ack: 8,
    window: 9,
    checksumOk: true,
  });
  t.same(payload, hex("68656c6c6f"));
  t.match(dissect(sctp({ from: "10.1.2.3:1", to: "10.0.0.1:2", chunks: [1] })), {
    protocol: 132,
    srcPort: 1,
    dstPort: 2,
    totalLength: 36,
  });
});

t.test("what is built over IPv6 is what is dissected", async (t) => {
  const hosts = { from: "[2001:db8::1]:40000", to: "[2001:db8::2]:80" };
  const extensions = [
    hopByHop(hex("05020000")),
    routing(),
    destinationOptions(new Uint8Array(15)),
    authentication(),
  ];
  const segment = tcp({ ...hosts, flags: "S", tos: 4, flowLabel: 0xabcde, ttl: 7, extensions });
  const { payload, ...fields } = dissect(segment);
  t.match(fields, {
    family: 6,
    from: "2001:db8::1",
    to: "2001:db8::2",
    protocol: 6,
    extensions: [0, 43, 60, 51],
    ttl: 7,
    tos: 4,
    flowLabel: 0xabcde,
    totalLength: 40 + 8 + 8 + 24 + 24 + 20,
    dstPort: 80,
    flags: "S",
    checksumOk: true,
  });
  t.same(payload, new Uint8Array(0));
  const chunks = [{ type: 1, flags: 2, body: "abc" }, 14];
  t.match(dissect(sctp({ ...hosts, tag: 7, chunks })), {
    protocol: 132,
    verificationTag: 7,
    chunks: [1, 14],
    checksumOk: true,
    payload: hex("01020007 61626300 0e000004"),
  });
});

t.test("a kernel's packets are understood", async (t) => {
  const tunnelled =
    hex(`600000000048113f20010db8000d0000000000000000000120010db8000d0000000000000000
    0011e96717c000483c3600290000600000000014063f20010db800010000000000000000000320010db8000c0000000
    00000000001009c410050000003e8000000005002ffffb2e70000`);
  matchPacket(
    t,
    tunnelled,
    isIpv6(),
    isGue(6080, isIpv6(from("2001:db8:1::3")), isTcp(flags("S"))),
  );
  const init = hex(`4500003400014000408423de0a0102030a0000649c40138800000000836fae6e01000014abcd0001
    0000ffff000a000a00000001`);
  matchPacket(t, init, isIpv4(), isSctp(dstPort(5000)));
  const generic =
    hex(`4500004400004000 3f2fa62ec0a80a01c0a80a0b800008008e81000045000028000540003f062564
    0a0102030a0000649c440050000003e8000000005002fffff8fe0000`);
  matchPacket(t, generic, isIpv4(), isGre(isIpv4(from("10.1.2.3")), isTcp(flags("S"))));
  const error =
    hex(`6000000000443a4020010db8000c0000000000000000010020010db800010000000000000000000301
    043bc100000000600000000014064020010db800010000000000000000000320010db8000c00000000000000000100
    9c400050000003e8000000005002ffffb2e80000`);
  matchPacket(t, error, isIpv6(), isIcmpv6(1, 4, carries(isTcp(dstPort(80)))));
});

t.test("fragments() cuts a packet into pieces that join to it", async (t) => {
  const whole = udp({ from: "10.1.2.3:1", to: "10.0.0.1:2", payload: "z".repeat(50) });
  const pieces = fragments(whole, 24).map((piece) => dissect(piece));
  t.same(
    pieces.map(({ mf, fragmentOffset, headerChecksumOk }) => [
      mf,
      fragmentOffset,
      headerChecksumOk,
    ]),
    [
      [true, 0, true],
      [true, 24, true],
      [false, 48, true],
    ],
  );
  const [, ...rest] = fragments(whole, 24);
  const data = concat(
    fragments(whole, 24)[0]!.subarray(20),
    ...rest.map((piece) => piece.subarray(20)),
  );
  t.same(data, whole.subarray(20));
});

t.test(
  "fragments() repeats headers of IPv6 that every fragment needs, and no others",
  async (t) => {
    const whole = udp({
      from: "[2001:db8::1]:1",
      to: "[2001:db8::2]:2",
      payload: "z".repeat(20),
      extensions: [hopByHop(), routing(), destinationOptions()],
    });
    const pieces = fragments(whole, 16, 7);
    t.same(
      pieces
        .map((piece) => dissect(piece))
        .map(({ extensions, id, mf, fragmentOffset }) => [extensions, id, mf, fragmentOffset]),
      [
        [[0, 43, 44, 60], 7, true, 0],
        [[0, 43, 44], 7, true, 16],
        [[0, 43, 44], 7, false, 32],
      ],
    );
    t.same(concat(...pieces.map((piece) => piece.subarray(64))), whole.subarray(56));
    matchPacket(t, pieces[1], isFragment(16, "more"));
    matchPacket(t, pieces[2], isFragment(32, "last"));
  },
);

t.test(
  "every matcher is content with the right packet and complains of the wrong one",
  async (t) => {
    const syn = tcp({ from: "10.1.2.3:40000", to: "10.0.0.100:80", flags: "S", payload: "x" });
    const other = tcp({ from: "10.1.2.4:40001", to: "10.0.0.101:81", flags: "A", ttl: 1 });
    const hosts6 = { from: "2001:db8::1", to: "2001:db8::2" };
    const ends6 = { from: "[2001:db8::1]:1", to: "[2001:db8::2]:2" };
    const tunnel = { from: "10.0.0.1", to: "10.0.0.2" };
    const v6 = udp(ends6);
    const error6 = icmp({ ...hosts6, type: 1, code: 4, quoted: v6 });
    const error = icmp({ from: "10.0.0.1", to: "10.1.2.3", type: 3, code: 3, quoted: syn });
    const cases: readonly (readonly [Matcher, right: Uint8Array, wrong: Uint8Array])[] = [
      [from("10.1.2.3"), syn, other],
      [to("10.0.0.100"), syn, other],
      [srcPort(40000), syn, other],
      [dstPort(80), syn, other],
      [ttl(64), syn, other],
      [flags("S"), syn, other],
      [payload("x"), syn, other],
      [field("protocol", 6), syn, v6],
      [isIpv4(), syn, v6],
      [isIpv6(), v6, syn],
      [isTcp(flags("S")), syn, other],
      [isUdp(), v6, syn],
      [isTcp(), syn, tcp({ from: "10.1.2.3:1", to: "10.0.0.1:2", checksum: 1 })],
      [
        isIcmp(3, 3),
        error,
        icmp({ from: "10.0.0.1", to: "10.1.2.3", type: 3, code: 1, quoted: syn }),
      ],
      [carries(from("10.1.2.3")), error, syn],
      [
        carries(isTcp(dstPort(80))),
        ipip({ from: "10.0.0.1", to: "10.0.0.2" }, syn),
        ipip({ from: "10.0.0.1", to: "10.0.0.2" }, other),
      ],
      [isIcmpv6(1, 4), error6, icmp({ ...hosts6, type: 1, code: 3, quoted: v6 })],
      [isIcmpv6(3, 3), icmp({ ...hosts6, type: 3, code: 3, quoted: v6 }), error],
      [isSctp(), sctp({ ...ends6, chunks: [1] }), sctp({ ...ends6, chunks: [1], checksum: 1 })],
      [field("unchecked", true), udp({ ...ends6, checksum: 0 }), v6],
      [isIpip(isUdp()), ipip(tunnel, v6), gre(tunnel, v6)],
      [isIpip(), ipip(tunnel, syn), ip({ ...tunnel, protocol: 4, payload: v6 })],
      [isGre(isTcp()), gre({ ...tunnel, greChecksum: true, key: 7 }, syn), gre(tunnel, v6)],
      [
        isGre(isIpv6()),
        gre({ ...hosts6, sequence: 1 }, v6),
        ip({ ...tunnel, protocol: 47, payload: hex("00000806") }),
      ],
      [
        isGue(6080, isTcp()),
        gue({ ...ends6, to: "[2001:db8::2]:6080", checksum: 0 }, syn),
        gue(ends6, syn),
      ],
      [
        isGue(2, isUdp()),
        gue({ ...ends6, gueFields: hex("00000000") }, v6),
        udp({ ...ends6, payload: hex("20290000") }),
      ],
      [isFragment(0, "more"), fragments(syn, 8)[0]!, syn],
    ];
    for (const [matcher, right, wrong] of cases) {
      t.equal(matcher(dissect(right)), undefined);
      t.type(matcher(dissect(wrong)), "string");
    }
    const damaged = ip({ from: "10.1.2.3", to: "10.0.0.1", protocol: 6, payload: "" });
    damaged[8] = 1;
    t.match(isIpv4()(dissect(damaged)), /headerChecksumOk is false, not true/);
  },
);
