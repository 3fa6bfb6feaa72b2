import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { DEFAULT_PROFILE } from "../../src/engine/profile.ts";
import type { DecisionRecord } from "../../src/replay/decision-line.ts";
import { Replay, type ReplaySummary } from "../../src/replay/replay.ts";
import { LINK_TYPE } from "../../src/wire/link.ts";
import { recordsIn, type Written, writeCapture } from "../support/capture.ts";
import { concat, hex, icmp, sctp, tcp, udp } from "../support/packet.ts";
import {
  carries,
  dstPort,
  flags,
  from,
  isGre,
  isGue,
  isIpip,
  isIpv4,
  isIpv6,
  isSctp,
  isTcp,
  matchPacket,
  srcPort,
  to,
  ttl,
} from "../support/packet-matchers.ts";

const SECOND = 1_000_000_000n;
const TIME = 1_700_000_000n * SECOND;
const CLIENT = "10.1.2.3:40000";
const VIP = "10.0.0.100:80";
const NAT = `-A -t 10.0.0.100:80 -s rr
-a -t 10.0.0.100:80 -r 10.0.1.1:8080 -m -w 1
-a -t 10.0.0.100:80 -r 10.0.1.2:8080 -m -w 1
`;

/** Results of one replay. */
interface Replayed {
  readonly decisions: readonly DecisionRecord[];
  readonly sent: readonly Uint8Array[];
  readonly times: readonly bigint[];
  readonly summary: ReplaySummary;
}

async function replayed(
  folder: string,
  rules: string,
  records: readonly Written[],
  linkType: number = LINK_TYPE.raw,
): Promise<Replayed> {
  const paths = { rules: join(folder, "rules"), input: join(folder, "in.pcap") };
  const output = join(folder, "out.pcap");
  writeFileSync(paths.rules, rules);
  writeCapture(paths.input, linkType, records);
  const decisions: DecisionRecord[] = [];
  const replay = await Replay.prepare({ ...paths, profile: DEFAULT_PROFILE });
  const summary = await replay.run({ output, onDecision: (record) => decisions.push(record) });
  const written = recordsIn(output);
  return {
    decisions,
    sent: written.map(({ data }) => data),
    times: written.map(({ time }) => time),
    summary,
  };
}

t.test("a connection under NAT is decided, rewritten and told packet by packet", async (t) => {
  const { decisions, sent, times, summary } = await replayed(t.testdir(), NAT, [
    { time: TIME, data: tcp({ from: CLIENT, to: VIP, flags: "S" }) },
    { time: TIME + 7n, data: tcp({ from: "10.0.1.2:8080", to: CLIENT, flags: "SA" }) },
    { time: TIME + SECOND, data: tcp({ from: CLIENT, to: VIP, flags: "A" }) },
    { time: TIME + SECOND, data: tcp({ from: "10.1.2.4:1", to: VIP, flags: "S" }) },
  ]);
  const common = { verdict: "forward", service: "TCP 10.0.0.100:80", method: "masquerade" };
  const [second, first] = ["10.0.1.2:8080", "10.0.1.1:8080"];
  t.same(decisions, [
    {
      ...common,
      n: 1,
      time: "1700000000.000000000",
      reason: "request",
      destination: second,
      connection: "new",
    },
    {
      ...common,
      n: 2,
      time: "1700000000.000000007",
      reason: "reply",
      destination: second,
      connection: "existing",
    },
    {
      ...common,
      n: 3,
      time: "1700000001.000000000",
      reason: "request",
      destination: second,
      connection: "existing",
    },
    {
      ...common,
      n: 4,
      time: "1700000001.000000000",
      reason: "request",
      destination: first,
      connection: "new",
    },
  ]);
  t.same(times, [TIME, TIME + 7n, TIME + SECOND, TIME + SECOND]);
  matchPacket(t, sent[0], isIpv4(from("10.1.2.3"), to("10.0.1.2"), ttl(63)), isTcp(dstPort(8080)));
  matchPacket(t, sent[1], isIpv4(from("10.0.0.100"), to("10.1.2.3")), isTcp(srcPort(80)));
  t.match(summary, { packets: 4, skipped: 0, reasons: { request: 3, reply: 1 } });
});

t.test("keys of a decision come in one order", async (t) => {
  const { decisions } = await replayed(t.testdir(), NAT, [
    { time: TIME, data: tcp({ from: CLIENT, to: VIP, flags: "S" }) },
  ]);
  t.equal(
    JSON.stringify(decisions[0]),
    '{"n":1,"time":"1700000000.000000000","verdict":"forward","reason":"request","service":"TCP 10.0.0.100:80","destination":"10.0.1.2:8080","method":"masquerade","connection":"new"}',
  );
});

t.test("what is none of the director's business is accepted and not written", async (t) => {
  const { decisions, sent, summary } = await replayed(t.testdir(), NAT, [
    { time: TIME, data: tcp({ from: CLIENT, to: "10.0.0.100:81", flags: "S" }) },
    { time: TIME, data: udp({ from: "10.9.0.1:53", to: "10.9.0.2:53" }) },
    { time: TIME, data: icmp({ from: "10.1.2.3", to: "10.0.0.100" }) },
  ]);
  t.match(decisions, [
    { verdict: "accept", service: null, destination: null, method: null, connection: "none" },
    { verdict: "accept", reason: "not-for-us" },
    { verdict: "accept" },
  ]);
  t.same(sent, []);
  t.equal(summary.packets, 3);
});

t.test("time passes as in the capture: an idle connection is forgotten", async (t) => {
  const rules = NAT.replaceAll("-t", "-u");
  const query = udp({ from: CLIENT, to: VIP });
  const { decisions } = await replayed(t.testdir(), rules, [
    { time: TIME, data: query },
    { time: TIME + 299n * SECOND, data: query },
    { time: TIME + 700n * SECOND, data: query },
  ]);
  t.same(
    decisions.map(({ connection, destination }) => [connection, destination]),
    [
      ["new", "10.0.1.2:8080"],
      ["existing", "10.0.1.2:8080"],
      ["new", "10.0.1.1:8080"],
    ],
  );
});

t.test(
  "direct routing leaves the packet alone and sends it to the real server's address",
  async (t) => {
    const rules = "-A -t 10.0.0.100:80 -s rr\n-a -t 10.0.0.100:80 -r 10.0.1.1:80 -g\n";
    const arp = hex("0001 0800 06 04 0002 02000000cccc 0a000101 02000000aaaa 0a000001");
    const { sent, decisions, summary } = await replayed(
      t.testdir(),
      rules,
      [
        { time: TIME, data: concat(hex("02000000aaaa 02000000cccc 0806"), arp) },
        {
          time: TIME,
          data: concat(
            hex("02000000aaaa 02000000bbbb 0800"),
            tcp({ from: CLIENT, to: VIP, flags: "S" }),
          ),
        },
      ],
      LINK_TYPE.ethernet,
    );
    t.match(decisions, [{ n: 2, method: "direct-route" }]);
    t.same(sent[0]?.subarray(0, 14), hex("02000000cccc 02000000aaaa 0800"));
    matchPacket(t, sent[0]?.subarray(14), isIpv4(from("10.1.2.3"), to("10.0.0.100"), ttl(63)));
    t.equal(summary.skipped, 1);
  },
);

t.test("a tunnel begins at the address of the first service", async (t) => {
  const rules = "-A -t 10.0.0.100:80 -s rr\n-a -t 10.0.0.100:80 -r 10.0.1.1:80 -i\n";
  const { sent } = await replayed(t.testdir(), rules, [
    { time: TIME, data: tcp({ from: CLIENT, to: VIP, flags: "S" }) },
  ]);
  matchPacket(
    t,
    sent[0],
    isIpv4(from("10.0.0.100"), to("10.0.1.1"), carries(isIpv4(from("10.1.2.3"), to("10.0.0.100")))),
  );
});

t.test("a tunnel begins at an address of its own family", async (t) => {
  const rules = `-A -t [2001:db8::100]:80 -s rr
-A -t 10.0.0.100:80 -s rr
-a -t 10.0.0.100:80 -r 10.0.1.1:80 -i
`;
  const { sent } = await replayed(t.testdir(), rules, [
    { time: TIME, data: tcp({ from: CLIENT, to: VIP, flags: "S" }) },
  ]);
  matchPacket(t, sent[0], isIpv4(from("10.0.0.100"), to("10.0.1.1")));
});

t.test("IPv6 packets are packets, whatever link they were captured on", async (t) => {
  const syn = tcp({ from: "[2001:db8:1::3]:40000", to: "[2001:db8:c::100]:80", flags: "S" });
  for (const [name, linkType, header] of [
    ["ethernet", LINK_TYPE.ethernet, "02000000aaaa 02000000bbbb 86dd"],
    ["raw", LINK_TYPE.raw, ""],
    ["cooked", LINK_TYPE.linuxCooked, "0000 0001 0006 0200000000bb0000 86dd"],
    ["cooked2", LINK_TYPE.linuxCooked2, "86dd 0000 00000001 0001 00 06 0200000000bb0000"],
  ] as const) {
    const folder = join(t.testdir({ [name]: {} }), name);
    const records = [{ time: TIME, data: concat(hex(header), syn) }];
    const { decisions, summary } = await replayed(folder, NAT, records, linkType);
    t.match(decisions, [{ n: 1, verdict: "accept", service: null }], name);
    t.match(summary, { packets: 1, skipped: 0 }, name);
  }
});

const CLIENT6 = "[2001:db8:1::3]:40000";
const VIP6 = "[2001:db8:c::100]:80";
const SERVER6 = "[2001:db8:d::11]:8080";

t.test("IPv6 under NAT leaves an Ethernet capture as IPv6, to the hosts seen there", async (t) => {
  const rules = `-A -t ${VIP6} -s rr\n-a -t ${VIP6} -r ${SERVER6} -m\n`;
  const advertisement = icmp({
    from: "2001:db8:d::11",
    to: "2001:db8:d::1",
    type: 136,
    ttl: 255,
    quoted: hex("20010db8000d00000000000000000011"),
  });
  const fromClient = hex("02000000aaaa 02000000bbbb 86dd");
  const fromServer = hex("02000000aaaa 02000000cccc 86dd");
  const { decisions, sent, summary } = await replayed(
    t.testdir(),
    rules,
    [
      { time: TIME, data: concat(fromServer, advertisement) },
      { time: TIME, data: concat(fromClient, tcp({ from: CLIENT6, to: VIP6, flags: "S" })) },
      { time: TIME, data: concat(fromServer, tcp({ from: SERVER6, to: CLIENT6, flags: "SA" })) },
    ],
    LINK_TYPE.ethernet,
  );
  const service = `TCP ${VIP6}`;
  t.match(decisions, [
    { verdict: "accept", service: null },
    { reason: "request", service, destination: SERVER6, connection: "new" },
    { reason: "reply", service, destination: SERVER6, connection: "existing" },
  ]);
  t.equal(summary.skipped, 0);
  t.same(
    sent.map((frame) => frame.subarray(0, 14)),
    [hex("02000000cccc 02000000aaaa 86dd"), hex("02000000bbbb 02000000aaaa 86dd")],
  );
  const [request, reply] = sent.map((frame) => frame.subarray(14));
  const toServer = isIpv6(from("2001:db8:1::3"), to("2001:db8:d::11"), ttl(63));
  matchPacket(t, request, toServer, isTcp(dstPort(8080), flags("S")));
  const toClient = isIpv6(from("2001:db8:c::100"), to("2001:db8:1::3"));
  matchPacket(t, reply, toClient, isTcp(srcPort(80), flags("SA")));
});

t.test("an IPv6 packet leaves a cooked capture in a tunnel of the server's family", async (t) => {
  const cooked = hex("0000 0001 0006 0200000000bb0000 86dd");
  const data = concat(cooked, tcp({ from: CLIENT6, to: VIP6, flags: "S" }));
  const over6 = isIpv6(from("2001:db8:c::100"), to("2001:db8:d::11"));
  const over4 = isIpv4(from("10.0.0.100"), to("10.0.1.1"));
  const inside = [isIpv6(from("2001:db8:1::3"), to("2001:db8:c::100")), isTcp(flags("S"))];
  for (const [name, server, type, matchers] of [
    ["ipip6", "[2001:db8:d::11]:80 -i", "86dd", [over6, isIpip(...inside)]],
    ["gre6", "[2001:db8:d::11]:80 -i --tun-type gre", "86dd", [over6, isGre(...inside)]],
    [
      "gue6",
      "[2001:db8:d::11]:80 -i --tun-type gue --tun-port 6080",
      "86dd",
      [over6, isGue(6080, ...inside)],
    ],
    ["ipip4", "10.0.1.1:80 -i", "0800", [over4, isIpip(...inside)]],
  ] as const) {
    const folder = join(t.testdir({ [name]: {} }), name);
    const rules = `-A -t ${VIP6} -s rr\n-A -t ${VIP} -s rr\n-a -t ${VIP6} -r ${server}\n`;
    const { sent } = await replayed(folder, rules, [{ time: TIME, data }], LINK_TYPE.linuxCooked);
    t.same(sent[0]?.subarray(14, 16), hex(type), name);
    matchPacket(t, sent[0]?.subarray(16), ...matchers);
  }
});

t.test("an SCTP association is balanced, over IPv6 too", async (t) => {
  const rules = `-A --sctp-service ${VIP6} -s rr\n-a --sctp-service ${VIP6} -r ${SERVER6} -m\n`;
  const { decisions, sent } = await replayed(t.testdir(), rules, [
    { time: TIME, data: sctp({ from: CLIENT6, to: VIP6, chunks: [1] }) },
  ]);
  t.match(decisions, [{ reason: "request", service: `SCTP ${VIP6}`, destination: SERVER6 }]);
  matchPacket(t, sent[0], isIpv6(to("2001:db8:d::11")), isSctp(dstPort(8080)));
});

t.test("errors the director sends leave at the time of their cause", async (t) => {
  const { sent, times, decisions } = await replayed(t.testdir(), "-A -t 10.0.0.100:80 -s rr\n", [
    { time: TIME + 5n, data: tcp({ from: CLIENT, to: VIP, flags: "S" }) },
    { time: TIME + 9n, data: tcp({ from: CLIENT, to: VIP, flags: "S" }) },
  ]);
  t.match(decisions, [
    { verdict: "drop", reason: "no-destination", service: "TCP 10.0.0.100:80" },
    {},
  ]);
  t.equal(sent.length, 2);
  matchPacket(t, sent[0], isIpv4(from("10.0.0.100"), to("10.1.2.3")));
  t.same(times, [TIME + 5n, TIME + 9n]);
});

t.test("the same files give the same bytes", async (t) => {
  const records = Array.from({ length: 300 }, (_, index) => ({
    time: TIME + BigInt(index) * 1_234_567n,
    data: tcp({
      from: `10.1.${index % 7}.3:${1000 + index}`,
      to: VIP,
      flags: index % 5 ? "S" : "A",
    }),
  }));
  const rules = NAT.replaceAll("rr", "twos");
  const runs = [];
  for (const name of ["first", "second"]) {
    const folder = t.testdir({ [name]: {} });
    const { decisions } = await replayed(join(folder, name), rules, records);
    runs.push({ decisions, output: readFileSync(join(folder, name, "out.pcap")) });
  }
  t.same(runs[0]?.decisions, runs[1]?.decisions);
  t.ok(runs[0]!.output.equals(runs[1]!.output));
});

t.test("prepare() refuses a broken rule with file, line and text", async (t) => {
  const folder = t.testdir({ rules: `${NAT}-a -t 10.0.0.100:80 -r 10.0.1.3:99999 -m\n` });
  const input = writeCapture(join(folder, "in.pcap"), LINK_TYPE.raw, []);
  const rules = join(folder, "rules");
  const prepare = () => Replay.prepare({ rules, input, profile: DEFAULT_PROFILE });
  await t.rejects(prepare(), {
    name: "RulesError",
    message: /rules", line 4, .*10\.0\.1\.3:99999/,
  });
  writeFileSync(rules, "-A -t 10.0.0.100:80 -s rr\n-A -t 10.0.0.100:80 -s rr\n");
  await t.rejects(prepare(), { name: "RulesError", message: /line 2/ });
});

t.test("prepare() refuses a broken capture with file and offset, to the last record", async (t) => {
  const folder = t.testdir({ rules: NAT });
  const input = writeCapture(join(folder, "in.pcap"), LINK_TYPE.raw, [
    { time: TIME, data: tcp({ from: CLIENT, to: VIP }) },
    { time: TIME, data: tcp({ from: CLIENT, to: VIP }) },
  ]);
  const prepare = () =>
    Replay.prepare({ rules: join(folder, "rules"), input, profile: DEFAULT_PROFILE });
  writeFileSync(input, readFileSync(input).subarray(0, 100));
  await t.rejects(prepare(), {
    name: "ReplayError",
    message: `Cannot replay "${input}": at offset 80, found the end of the file after 20 bytes, expected a record of 56 bytes`,
  });
  writeCapture(input, 127, [{ time: TIME, data: hex("00") }]);
  await t.rejects(prepare(), { name: "ReplayError", message: /at offset 24, found link type 127/ });
  await t.rejects(
    Replay.prepare({ rules: join(folder, "none"), input, profile: DEFAULT_PROFILE }),
    { code: "ENOENT" },
  );
});
