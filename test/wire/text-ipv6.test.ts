import t from "tap";
import { packetText } from "../../src/wire/text.ts";
import { fragments, hex, icmp, ip, ipip, sctp, tcp, udp } from "../support/packet.ts";
import {
  authentication,
  destinationOptions,
  fragmentHeader,
  hopByHop,
  routing,
} from "../support/packet-extensions.ts";
import { type PacketLine, testLines } from "../support/packet-lines.ts";

const ENDS = { from: "[2001:db8::1]:40000", to: "[2001:db8::2]:8000" };
const HOSTS = { from: "2001:db8::1", to: "2001:db8::2" };
const SYN = tcp({ ...ENDS, flags: "S", seq: 7 });
const SYN4 = tcp({ from: "10.1.2.3:40000", to: "10.0.0.100:8000", flags: "S", seq: 7 });
const LONG = { ...ENDS, payload: "z".repeat(40) };
const [FIRST, SECOND] = fragments(udp(LONG), 24, 9);
const TARGET = hex("20010db8000000000000000000000002");

/** Returns a packet and its line, from what is said behind the addresses. */
function line(packet: Uint8Array, said: string): PacketLine {
  return [packet, `IP6 2001:db8::1 > 2001:db8::2: ${said}`];
}

/** The same for an ICMPv6 message. */
function message(type: number, code: number, quoted: Uint8Array, said: string, rest = 0) {
  return line(icmp({ ...HOSTS, type, code, rest, quoted }), `ICMP6, ${said}`);
}

testLines(t, [
  [
    tcp({ ...ENDS, flags: "PA", seq: 1, ack: 2, payload: "hello" }),
    "IP6 2001:db8::1.40000 > 2001:db8::2.8000: Flags [P.], seq 1:6, ack 2, win 65535, length 5",
  ],
  [
    sctp({ ...ENDS, chunks: [11] }),
    "IP6 2001:db8::1.40000 > 2001:db8::2.8000: sctp (1) [COOKIE ACK]",
  ],
  [
    udp({ from: "[::ffff:1.2.3.4]:1", to: "[::1]:2" }),
    "IP6 ::ffff:1.2.3.4.1 > ::1.2: UDP, length 0",
  ],
  line(
    tcp({ ...ENDS, flags: "S", extensions: [hopByHop(hex("05020000"))] }),
    "HBH 40000 > 8000: Flags [S], seq 0, win 65535, length 0",
  ),
  line(
    udp({ ...ENDS, extensions: [hopByHop(), destinationOptions()] }),
    "HBH DSTOPT 40000 > 8000: UDP, length 0",
  ),
  line(
    udp({ ...ENDS, extensions: [authentication()] }),
    "AH(spi=0x00000100,seq=0x1,icv=0x000000000000000000000000): 40000 > 8000: UDP, length 0",
  ),
  line(FIRST!, "frag (0|24) 40000 > 8000: UDP, length 40"),
  line(SECOND!, "frag (24|24)"),
  line(
    fragments(udp({ ...LONG, extensions: [hopByHop()] }), 24)[0]!,
    "HBH frag (0|24) 40000 > 8000: UDP, length 40",
  ),
  line(
    fragments(udp({ ...LONG, extensions: [destinationOptions()] }), 24)[0]!,
    "frag (0|24) DSTOPT 40000 > 8000: UDP, length 40",
  ),
  line(
    fragments(icmp({ ...HOSTS, rest: 0x10002, quoted: "x".repeat(40) }), 24)[0]!,
    "frag (0|24) ICMP6, echo request, id 1, seq 2, length 24",
  ),
  line(
    ip({ ...HOSTS, protocol: 50, payload: hex("000000010000000200000000") }),
    "ESP(spi=0x00000001,seq=0x2), length 12",
  ),
  line(ip({ ...HOSTS, protocol: 59, payload: "" }), "no next header"),
  line(ip({ ...HOSTS, protocol: 253, payload: "abc" }), "ip-proto-253 3"),
  line(
    ipip(HOSTS, SYN),
    "IP6 2001:db8::1.40000 > 2001:db8::2.8000: Flags [S], seq 7, win 65535, length 0",
  ),
  line(
    ip({ ...HOSTS, protocol: 4, payload: SYN4, extensions: [destinationOptions(hex("040104"))] }),
    "DSTOPT IP 10.1.2.3.40000 > 10.0.0.100.8000: Flags [S], seq 7, win 65535, length 0",
  ),
  message(128, 0, hex("78"), "echo request, id 1, seq 2, length 9", 0x10002),
  message(129, 0, hex("78"), "echo reply, id 1, seq 2, length 9", 0x10002),
  message(1, 0, SYN, "destination unreachable, unreachable route 2001:db8::2, length 68"),
  message(1, 1, SYN, "destination unreachable, unreachable prohibited 2001:db8::2, length 68"),
  message(
    1,
    2,
    SYN,
    "destination unreachable, beyond scope 2001:db8::2, source address 2001:db8::1, length 68",
  ),
  message(1, 3, SYN, "destination unreachable, unreachable address 2001:db8::2, length 68"),
  message(
    1,
    4,
    SYN,
    "destination unreachable, unreachable port, 2001:db8::2 tcp port 8000, length 68",
  ),
  message(
    1,
    4,
    udp({ ...ENDS, extensions: [hopByHop()] }),
    "destination unreachable, unreachable port, 2001:db8::2 udp port 8000, length 64",
  ),
  message(
    1,
    4,
    FIRST!,
    "destination unreachable, unreachable port, 2001:db8::2 udp port 8000, length 80",
  ),
  message(2, 0, SYN, "packet too big, mtu 1280, length 68", 1280),
  message(3, 0, SYN, "time exceeded in-transit for 2001:db8::2, length 68"),
  message(3, 1, SYN, "time exceeded in-transit (reassembly), length 68"),
  message(3, 2, SYN, "time exceeded in-transit, unknown code (2), length 68"),
  message(4, 0, SYN, "parameter problem, erroneous - octet 6, length 68", 6),
  message(4, 1, SYN, "parameter problem, next header - octet 40, length 68", 40),
  message(4, 2, SYN, "parameter problem, option - octet 48, length 68", 48),
  message(4, 3, SYN, "parameter problem, incomplete header chain - octet 48, length 68", 48),
  message(4, 7, SYN, "parameter problem, code-#7, length 68", 48),
  message(133, 0, hex(""), "router solicitation, length 8"),
  message(134, 0, new Uint8Array(8), "router advertisement, length 16", 0x40000708),
  message(135, 0, TARGET, "neighbor solicitation, who has 2001:db8::2, length 24"),
  message(136, 0, TARGET, "neighbor advertisement, tgt is 2001:db8::2, length 24", 0x60000000),
  message(
    137,
    0,
    Buffer.concat([hex("fe800000000000000000000000000001"), TARGET]),
    "redirect, 2001:db8::2 to fe80::1, length 40",
  ),
]);

function said(packet: Uint8Array): string {
  return packetText(packet).replace(/^IP6 2001:db8::1 > 2001:db8::2: /, "");
}

t.test("what tcpdump has no words for, or a table below its line", async (t) => {
  t.equal(
    said(udp({ ...ENDS, extensions: [routing()] })),
    "srcrt (len=0, type=4, segleft=0) 40000 > 8000: UDP, length 0",
  );
  const about = (quoted: Uint8Array) => said(icmp({ ...HOSTS, type: 1, code: 4, quoted }));
  const start = "ICMP6, destination unreachable, unreachable";
  t.equal(about(sctp(ENDS)), `${start} port, 2001:db8::2 sctp port 8000, length 60`);
  t.equal(
    about(SECOND!),
    `${start} port, 2001:db8::2 udp, length 80`,
    "no port in a later fragment",
  );
  t.equal(about(SYN.subarray(0, 42)), `${start} port, 2001:db8::2 tcp, length 50`);
  t.equal(about(SYN.subarray(0, 39)), `${start} [|icmp6], length 47`);
  t.equal(
    said(icmp({ ...HOSTS, type: 1, code: 9, quoted: SYN })),
    "ICMP6, destination unreachable, unknown unreach code (9), length 68",
  );
  t.equal(said(icmp({ ...HOSTS, type: 5 })), "ICMP6, unknown icmp6 type (5), length 8");
  t.equal(said(icmp({ ...HOSTS, type: 143 })), "ICMP6, multicast listener report v2, length 8");
  t.equal(
    said(icmp({ ...HOSTS, type: 135, quoted: TARGET.subarray(1) })),
    "ICMP6, neighbor solicitation, who has [|icmp6], length 23",
  );
});

t.test("verbose text adds the fields of the headers", async (t) => {
  const start = (packet: Uint8Array) =>
    packetText(packet, { verbose: true }).replace("2001:db8::1.40000 > 2001:db8::2.8000: ", "");
  t.equal(
    start(udp({ ...ENDS, tos: 4, flowLabel: 0xabc, ttl: 9 })),
    "IP6 (class 0x04, flowlabel 0x00abc, hlim 9, next-header UDP (17) payload length: 8) UDP, length 0",
  );
  t.equal(start(SYN).slice(0, 58), "IP6 (hlim 64, next-header TCP (6) payload length: 20) Flag");
  t.match(start(SECOND!), "next-header Fragment (44) payload length: 32) ");
  t.match(start(SECOND!), /: frag \(0x00000009:24\|24\)$/);
  t.match(start(ip({ ...HOSTS, protocol: 253, payload: "" })), "next-header unknown (253)");
});

t.test("a packet that is cut short says what is missing", async (t) => {
  t.equal(packetText(SYN.subarray(0, 39)), "IP6 [|ip6]");
  t.equal(
    packetText(SYN.subarray(0, 50)),
    "IP6 truncated-ip6 - 10 bytes missing! 2001:db8::1.40000 > 2001:db8::2.8000: [|tcp]",
  );
  for (const [extension, cut] of [
    [hopByHop(), "[|hbhopt]"],
    [destinationOptions(), "[|dstopt]"],
    [routing(), "[|srcrt]"],
    [authentication(), "[|ah]"],
    [fragmentHeader(), "[|frag]"],
  ] as const) {
    const packet = udp({ ...ENDS, extensions: [hopByHop(), extension] });
    const start = `IP6 truncated-ip6 - ${packet.length - 55} bytes missing! 2001:db8::1 > 2001:db8::2:`;
    t.equal(packetText(packet.subarray(0, 55)), `${start} HBH ${cut}`);
  }
  const long = udp({ ...ENDS, extensions: [hopByHop()] });
  long[41] = 9;
  t.equal(said(long), "[|hbhopt]", "a header longer than the packet");
});
