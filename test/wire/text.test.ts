import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import { LINK_TYPE } from "../../src/wire/link.ts";
import { fileHeader, recordHeader } from "../../src/wire/pcap.ts";
import { packetText } from "../../src/wire/text.ts";
import { concat, fragments, hex, icmp, ip, ipip, sctp, tcp, udp } from "../support/packet.ts";
import { tcpdump } from "../support/tcpdump.ts";

const V4 = { from: "10.1.2.3:40000", to: "10.0.0.100:8000" };
const V6 = { from: "[2001:db8::1]:40000", to: "[2001:db8::2]:8000" };
const HOSTS = { from: "10.1.2.3", to: "10.0.0.100" };
const HOSTS6 = { from: "2001:db8::1", to: "2001:db8::2" };
const SYN = tcp({ ...V4, flags: "S", seq: 7 });
const OPTIONS = hex("020405b4 0402 080a 00000001 00000002 01 030307");
const [FIRST, LAST] = fragments(udp({ ...V4, payload: "z".repeat(40) }), 24);

/** Packets and the lines tcpdump 4.99.3 was seen to write for them with `-n -t -S`. */
const SAME_AS_TCPDUMP: readonly (readonly [packet: Uint8Array, line: string])[] = [
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
    icmp({ ...HOSTS, type: 3, code: 1, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP host 10.0.0.100 unreachable, length 48",
  ],
  [
    icmp({ ...HOSTS, type: 3, code: 0, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP net 10.0.0.100 unreachable, length 48",
  ],
  [
    icmp({ ...HOSTS, type: 3, code: 2, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP 10.0.0.100 protocol 6 unreachable, length 48",
  ],
  [
    icmp({ ...HOSTS, type: 11, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP time exceeded in-transit, length 48",
  ],
  [
    icmp({ ...HOSTS, type: 5, code: 1, rest: 0x0a000001, quoted: SYN }),
    "IP 10.1.2.3 > 10.0.0.100: ICMP redirect 10.0.0.100 to host 10.0.0.1, length 48",
  ],
  [
    icmp({ ...HOSTS6, rest: 0x10002 }),
    "IP6 2001:db8::1 > 2001:db8::2: ICMP6, echo request, id 1, seq 2, length 8",
  ],
  [
    icmp({ ...HOSTS6, type: 1, code: 4, quoted: udp(V6) }),
    "IP6 2001:db8::1 > 2001:db8::2: ICMP6, destination unreachable, unreachable port, 2001:db8::2 udp port 8000, length 56",
  ],
  [
    icmp({ ...HOSTS6, type: 1, code: 0, quoted: udp(V6) }),
    "IP6 2001:db8::1 > 2001:db8::2: ICMP6, destination unreachable, unreachable route 2001:db8::2, length 56",
  ],
  [
    icmp({ ...HOSTS6, type: 2, rest: 1280, quoted: udp(V6) }),
    "IP6 2001:db8::1 > 2001:db8::2: ICMP6, packet too big, mtu 1280, length 56",
  ],
  [
    ipip({ from: "10.0.0.1", to: "10.0.0.2" }, SYN),
    "IP 10.0.0.1 > 10.0.0.2: IP 10.1.2.3.40000 > 10.0.0.100.8000: Flags [S], seq 7, win 65535, length 0",
  ],
  [
    ipip({ from: "10.0.0.1", to: "10.0.0.2" }, udp(V6)),
    "IP 10.0.0.1 > 10.0.0.2: IP6 2001:db8::1.40000 > 2001:db8::2.8000: UDP, length 0",
  ],
  [
    ip({ ...HOSTS, protocol: 47, payload: concat(hex("0000 0800"), SYN) }),
    "IP 10.1.2.3 > 10.0.0.100: GREv0, length 44: IP 10.1.2.3.40000 > 10.0.0.100.8000: Flags [S], seq 7, win 65535, length 0",
  ],
  [FIRST!, "IP 10.1.2.3.40000 > 10.0.0.100.8000: UDP, length 40"],
  [LAST!, "IP 10.1.2.3 > 10.0.0.100: ip-proto-17"],
  [
    ip({ ...HOSTS, protocol: 50, payload: hex("00000001 00000002 00000000") }),
    "IP 10.1.2.3 > 10.0.0.100: ESP(spi=0x00000001,seq=0x2), length 12",
  ],
  [
    ip({ ...HOSTS6, protocol: 0, payload: concat(hex("1100010400000000"), udp(V6).subarray(40)) }),
    "IP6 2001:db8::1 > 2001:db8::2: HBH 40000 > 8000: UDP, length 0",
  ],
  [
    ip({ ...HOSTS6, protocol: 44, payload: concat(hex("1100000100000009"), udp(V6).subarray(40)) }),
    "IP6 2001:db8::1 > 2001:db8::2: frag (0|8) 40000 > 8000: UDP, length 0",
  ],
  [
    ip({ ...HOSTS6, protocol: 44, payload: hex("1100000800000009 01020304") }),
    "IP6 2001:db8::1 > 2001:db8::2: frag (8|4)",
  ],
];

t.test("packetText() says what tcpdump says", async (t) => {
  for (const [packet, line] of SAME_AS_TCPDUMP) t.equal(packetText(packet), line);
});

t.test("tcpdump on this host still says so", { skip: tcpdump.lacking }, async (t) => {
  const file = join(t.testdir(), "packets.pcap");
  const records = SAME_AS_TCPDUMP.flatMap(([packet]) => [recordHeader(0n, packet.length), packet]);
  writeFileSync(file, concat(fileHeader(LINK_TYPE.raw), ...records));
  const output = execFileSync(...tcpdump.command(["-n", "-t", "-S", "-r", file]));
  t.same(
    output.trimEnd().split("\n"),
    SAME_AS_TCPDUMP.map(([, line]) => line),
  );
});

t.test("verbose text adds the fields of the header", async (t) => {
  t.equal(
    packetText(tcp({ ...V4, flags: "S", ttl: 63, tos: 0x10, id: 9, df: true }), { verbose: true }),
    "IP (tos 0x10, ttl 63, id 9, offset 0, flags [DF], proto TCP (6), length 40) 10.1.2.3.40000 > 10.0.0.100.8000: Flags [S], seq 0, win 65535, length 0",
  );
  t.match(packetText(LAST!, { verbose: true }), /offset 24, flags \[none\], proto UDP \(17\)/);
  t.match(packetText(udp({ ...V6, ttl: 9 }), { verbose: true }), /^IP6 \(hlim 9, length 8\) /);
});

t.test("SCTP shows its chunks, AH its association", async (t) => {
  t.equal(
    packetText(sctp({ ...V4, chunks: [1, 0, 200] })),
    "IP 10.1.2.3.40000 > 10.0.0.100.8000: sctp (1) [INIT] (2) [DATA] (3) [type 200]",
  );
  t.equal(
    packetText(ip({ ...HOSTS, protocol: 51, payload: hex("06040000 0000000a 0000000b") })),
    "IP 10.1.2.3 > 10.0.0.100: AH(spi=0x0000000a,seq=0xb), length 12",
  );
});

t.test("a packet that is cut short says what is missing", async (t) => {
  t.equal(packetText(new Uint8Array(0)), "[|ip]");
  t.equal(packetText(SYN.subarray(0, 10)), "IP [|ip]");
  t.equal(
    packetText(SYN.subarray(0, 30)),
    "IP truncated-ip - 10 bytes missing! 10.1.2.3.40000 > 10.0.0.100.8000: [|tcp]",
  );
  t.equal(packetText(hex("70")), "IP version 7, length 1");
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
