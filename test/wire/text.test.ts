import fc from "fast-check";
import t from "tap";
import { packetText } from "../../src/wire/text.ts";
import { concat, fragments, hex, icmp, ip, ipip, sctp, tcp, udp } from "../support/packet.ts";
import { type PacketLine, testLines } from "../support/packet-lines.ts";

const V4 = { from: "10.1.2.3:40000", to: "10.0.0.100:8000" };
const V6 = { from: "[2001:db8::1]:40000", to: "[2001:db8::2]:8000" };
const HOSTS = { from: "10.1.2.3", to: "10.0.0.100" };
const SYN = tcp({ ...V4, flags: "S", seq: 7 });
const OPTIONS = hex("020405b4 0402 080a 00000001 00000002 01 030307");
const AH = hex("11040000 00000100 00000001 00000000 00000000 00000007");
const [FIRST, LAST] = fragments(udp({ ...V4, payload: "z".repeat(40) }), 24);

/** Returns what makes lines of "unreachable" messages with codes from `first` on. */
function unreachable(first: number): (said: string, index: number) => PacketLine {
  return (said, index) => [
    icmp({ ...HOSTS, type: 3, code: first + index, quoted: SYN }),
    `IP 10.1.2.3 > 10.0.0.100: ICMP ${said.replace("?", "10.0.0.100")}, length 48`,
  ];
}

const SAME_AS_TCPDUMP: readonly PacketLine[] = [
  [SYN, "IP 10.1.2.3.40000 > 10.0.0.100.8000: Flags [S], seq 7, win 65535, length 0"],
  [
    tcp({ ...V4, flags: "SA", seq: 4294967295, ack: 8, options: OPTIONS }),
    "IP 10.1.2.3.40000 > 10.0.0.100.8000: Flags [S.], seq 4294967295, ack 8, win 65535, options [mss 1460,sackOK,TS val 1 ecr 2,nop,wscale 7], length 0",
  ],
  [
    tcp({ ...V4, flags: "PA", seq: 1, ack: 2, payload: "hello" }),
    "IP 10.1.2.3.40000 > 10.0.0.100.8000: Flags [P.], seq 1:6, ack 2, win 65535, length 5",
  ],
  [
    tcp({ ...V4, flags: "FAUEC" }),
    "IP 10.1.2.3.40000 > 10.0.0.100.8000: Flags [F.UEW], seq 0, ack 0, win 65535, urg 0, length 0",
  ],
  [
    tcp({ ...V4, flags: "" }),
    "IP 10.1.2.3.40000 > 10.0.0.100.8000: Flags [none], win 65535, length 0",
  ],
  [udp({ ...V4, payload: "abcd" }), "IP 10.1.2.3.40000 > 10.0.0.100.8000: UDP, length 4"],
  [udp({ ...V6, payload: "abcd" }), "IP6 2001:db8::1.40000 > 2001:db8::2.8000: UDP, length 4"],
  [
    icmp({ ...HOSTS, rest: 0x10002, quoted: "x".repeat(56) }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP echo request, id 1, seq 2, length 64",
  ],
  [
    icmp({ ...HOSTS, type: 3, code: 3, quoted: udp(V4) }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP 10.0.0.100 udp port 8000 unreachable, length 36",
  ],
  [
    icmp({ ...HOSTS, type: 3, code: 4, rest: 1400, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP 10.0.0.100 unreachable - need to frag (mtu 1400), length 48",
  ],
  [
    icmp({ ...HOSTS, type: 11, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP time exceeded in-transit, length 48",
  ],
  ...["net ? unreachable", "host ? unreachable", "? protocol 6 unreachable"].map(unreachable(0)),
  ...[
    "? unreachable - source route failed",
    "net ? unreachable - unknown",
    "host ? unreachable - unknown",
    "? unreachable - source host isolated",
    "net ? unreachable - admin prohibited",
    "host ? unreachable - admin prohibited",
    "net ? unreachable - tos prohibited",
    "host ? unreachable - tos prohibited",
    "host ? unreachable - admin prohibited filter",
    "host ? unreachable - host precedence violation",
    "host ? unreachable - precedence cutoff",
    "? unreachable - #16",
  ].map(unreachable(5)),
  [
    icmp({ ...HOSTS, type: 3, code: 3, quoted: sctp({ ...V4, chunks: [1] }) }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP 10.0.0.100 protocol 132 port 8000 unreachable, length 44",
  ],
  [
    icmp({ ...HOSTS, type: 3, code: 4, quoted: LAST! }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP 10.0.0.100 unreachable - need to frag, length 52",
  ],
  [
    icmp({ ...HOSTS, type: 11, code: 1, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP ip reassembly time exceeded, length 48",
  ],
  [
    icmp({ ...HOSTS, type: 11, code: 3, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP time exceeded-#3, length 48",
  ],
  [
    icmp({ ...HOSTS, type: 12, rest: 0x14000000, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP parameter problem - octet 20, length 48",
  ],
  [
    icmp({ ...HOSTS, type: 12, code: 1, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP parameter problem - code 1, length 48",
  ],
  [
    icmp({ ...HOSTS, type: 5, code: 0, rest: 0x0a000001, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP redirect 10.0.0.100 to net 10.0.0.1, length 48",
  ],
  [
    icmp({ ...HOSTS, type: 5, code: 3, rest: 0x0a000001, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP redirect-tos 10.0.0.100 to host 10.0.0.1, length 48",
  ],
  [
    icmp({ ...HOSTS, type: 5, code: 4, rest: 0x0a000001, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP redirect-#4 10.0.0.100 to 10.0.0.1, length 48",
  ],
  [
    icmp({ ...HOSTS, type: 5, code: 1, rest: 0x0a000001, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP redirect 10.0.0.100 to host 10.0.0.1, length 48",
  ],
  [
    ipip({ from: "10.0.0.1", to: "10.0.0.2" }, SYN),
    "IP 10.0.0.1 > 10.0.0.2: IP 10.1.2.3.40000 > 10.0.0.100.8000: Flags [S], seq 7, win 65535, length 0",
  ],
  [
    ipip({ from: "10.0.0.1", to: "10.0.0.2" }, udp(V6)),
    "IP 10.0.0.1 > 10.0.0.2: IP6 2001:db8::1.40000 > 2001:db8::2.8000: UDP, length 0",
  ],
  [FIRST!, "IP 10.1.2.3.40000 > 10.0.0.100.8000: UDP, length 40"],
  [LAST!, "IP 10.1.2.3 > 10.0.0.100: ip-proto-17"],
  [
    ip({ ...HOSTS, protocol: 50, payload: hex("00000001 00000002 00000000") }),
    "IP 10.1.2.3 > 10.0.0.100: ESP(spi=0x00000001,seq=0x2), length 12",
  ],
  [
    ip({ ...HOSTS, protocol: 51, payload: concat(AH, udp({ ...V4, payload: "ab" }).subarray(20)) }),
    "IP 10.1.2.3 > 10.0.0.100: AH(spi=0x00000100,seq=0x1,icv=0x000000000000000000000007): 40000 > 8000: UDP, length 2",
  ],
  [ip({ ...HOSTS, protocol: 253, payload: "abc" }), "IP 10.1.2.3 > 10.0.0.100: ip-proto-253 3"],
];

testLines(t, SAME_AS_TCPDUMP);

t.test("verbose text adds the fields of the header", async (t) => {
  t.equal(
    packetText(tcp({ ...V4, flags: "S", ttl: 63, tos: 0x10, id: 9, df: true }), { verbose: true }),
    "IP (tos 0x10, ttl 63, id 9, offset 0, flags [DF], proto TCP (6), length 40) 10.1.2.3.40000 > 10.0.0.100.8000: Flags [S], seq 0, win 65535, length 0",
  );
  t.match(packetText(LAST!, { verbose: true }), /offset 24, flags \[none\], proto UDP \(17\)/);
});

t.test("a packet that is cut short says what is missing", async (t) => {
  t.equal(packetText(new Uint8Array(0)), "[|ip]");
  t.equal(packetText(SYN.subarray(0, 10)), "IP [|ip]");
  t.equal(
    packetText(SYN.subarray(0, 30)),
    "IP truncated-ip - 10 bytes missing! 10.1.2.3.40000 > 10.0.0.100.8000: [|tcp]",
  );
  t.equal(packetText(hex("70")), "IP version 7, length 1");
  const header = ip({ ...HOSTS, protocol: 51, payload: AH.subarray(0, 23) });
  t.equal(packetText(header), "IP 10.1.2.3 > 10.0.0.100: [|ah]");
});

t.test("any bytes give one line", async () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 120 }),
      fc.constantFrom(0x45, 0x4f, 0x60, 0x00),
      fc.constantFrom(0, 1, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 60, 132),
      (bytes, first, protocol) => {
        if (bytes.length > 9) {
          bytes[0] = first;
          bytes[first === 0x60 ? 6 : 9] = protocol;
        }
        const text = packetText(bytes, { verbose: true });
        return text.length > 0 && !text.includes("\n");
      },
    ),
    { numRuns: 2000 },
  );
});

t.test("packets within packets end somewhere", async (t) => {
  let packet = SYN;
  for (let depth = 0; depth < 50; depth++) {
    packet = ipip({ from: "10.0.0.1", to: "10.0.0.2" }, packet);
  }
  t.match(packetText(packet), /: \[\|ip\]$/);
});
