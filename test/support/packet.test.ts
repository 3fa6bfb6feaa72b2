import t from "tap";
import { concat, crc32c, fragments, hex, icmp, ip, ipip, sctp, tcp, udp } from "./packet.ts";
import {
  carries,
  dissect,
  dstPort,
  field,
  flags,
  from,
  isIcmp,
  isIpv4,
  isIpv6,
  isTcp,
  isUdp,
  type Matcher,
  payload,
  srcPort,
  to,
  ttl,
} from "./packet-matchers.ts";

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
  "every matcher is content with the right packet and complains of the wrong one",
  async (t) => {
    const syn = tcp({ from: "10.1.2.3:40000", to: "10.0.0.100:80", flags: "S", payload: "x" });
    const other = tcp({ from: "10.1.2.4:40001", to: "10.0.0.101:81", flags: "A", ttl: 1 });
    const v6 = udp({ from: "[2001:db8::1]:1", to: "[2001:db8::2]:2" });
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
