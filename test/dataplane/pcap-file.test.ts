import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { PcapFileDevice } from "../../dataplane/pcap-file.ts";
import { parseAddress } from "../../src/net/address.ts";
import { bytesSource } from "../../src/wire/capture.ts";
import { Frame, HEADROOM } from "../../src/wire/frame.ts";
import { LINK_TYPE } from "../../src/wire/link.ts";
import { recordsIn, writeCapture } from "../support/capture.ts";
import { concat, hex, icmp, ip, ipip, tcp, udp } from "../support/packet.ts";
import { hopByHop } from "../support/packet-extensions.ts";
import { lacking } from "../support/requirement.ts";
import { tcpdump } from "../support/tcpdump.ts";

const TIME = 1_700_000_000_123_456_789n;
const SYN = tcp({ from: "10.1.2.3:40000", to: "10.0.0.100:80", flags: "S" });
const ANSWER = udp({ from: "10.0.1.1:53", to: "10.1.2.3:53", payload: "answer" });
const ENDS6 = { from: "[2001:db8:1::3]:40000", to: "[2001:db8:c::100]:80" };
const SYN6 = tcp({ ...ENDS6, flags: "S" });
const TO_DIRECTOR = hex("02000000aaaa 02000000bbbb 0800");
const FROM_SERVER = hex("02000000aaaa 02000000cccc 0800");
const ARP = hex(
  "ffffffffffff 02000000cccc 0806 0001 0800 06 04 0001 02000000cccc 0a000101 000000000000 0a000064",
);
const SERVER = { family: 4, address: parseAddress("10.0.1.1").words } as const;
const SERVER6 = { family: 6, address: parseAddress("2001:db8:d::11").words } as const;
const STRANGER = { family: 4, address: parseAddress("10.0.1.2").words } as const;

function frames(count: number, capacity?: number): Frame[] {
  return Array.from({ length: count }, () => new Frame(capacity));
}

t.test("packets are received with the capture's own times", async (t) => {
  const input = writeCapture(join(t.testdir(), "in.pcap"), LINK_TYPE.raw, [
    { time: TIME, data: SYN },
    { time: TIME + 1_500_001n, data: ANSWER },
    { time: TIME - 1_000_000n, data: SYN },
  ]);
  const device = new PcapFileDevice({ input });
  const batch = frames(4);
  const seen = [];
  t.equal(device.epoch, TIME);
  while (device.nextTime !== undefined) {
    const next = device.nextTime;
    t.equal(device.receive(batch), 1, "one instant at a time");
    t.equal(batch[0]!.time, next);
    t.equal(batch[0]!.start, HEADROOM);
    seen.push([batch[0]!.packet().slice(), batch[0]!.time, device.origin(batch[0]!)?.number]);
  }
  t.same(seen, [
    [SYN, 0, 1],
    [ANSWER, 1.500001, 2],
    [SYN, -1, 3],
  ]);
  t.equal(device.receive(batch), 0);
  device.close();
});

t.test("packets of one instant come in one batch", async (t) => {
  const input = writeCapture(join(t.testdir(), "in.pcap"), LINK_TYPE.raw, [
    { time: TIME, data: SYN },
    { time: TIME, data: ANSWER },
    { time: TIME, data: SYN },
    { time: TIME + 1n, data: SYN },
  ]);
  const device = new PcapFileDevice({ input });
  const batch = frames(2);
  t.same([device.receive(batch), device.receive(batch), device.receive(batch)], [2, 1, 1]);
  device.close();
});

t.test("what is no IP packet is passed over, and padding is left out", async (t) => {
  const input = writeCapture(join(t.testdir(), "in.pcap"), LINK_TYPE.ethernet, [
    { time: TIME, data: ARP },
    { time: TIME, data: concat(TO_DIRECTOR, SYN, new Uint8Array(6)) },
    { time: TIME, data: ARP },
  ]);
  const device = new PcapFileDevice({ input });
  const batch = frames(4);
  t.equal(device.receive(batch), 1);
  t.same(batch[0]!.packet(), SYN);
  t.equal(device.origin(batch[0]!)?.number, 2);
  t.equal(device.skipped, 2);
  device.close();
});

t.test("what is sent goes into the output as an Ethernet frame to the next hop", async (t) => {
  const folder = t.testdir();
  const output = join(folder, "out.pcap");
  const input = writeCapture(join(folder, "in.pcap"), LINK_TYPE.ethernet, [
    { time: TIME, data: ARP },
    { time: TIME + 7n, data: concat(TO_DIRECTOR, SYN) },
  ]);
  const device = new PcapFileDevice({ input, output });
  const [frame] = frames(1);
  t.equal(device.receive([frame!]), 1);
  t.ok(device.transmit(frame!, SERVER));
  t.ok(device.transmit(frame!, STRANGER));
  const error = new Frame();
  error.load(icmp({ from: "10.0.0.100", to: "10.1.2.3", type: 3, code: 3, quoted: SYN }));
  t.ok(device.transmit(error, STRANGER));
  device.close();
  const records = recordsIn(output);
  t.ok(
    records.every(({ linkType, time }) => linkType === LINK_TYPE.ethernet && time === TIME + 7n),
  );
  t.same(
    records.map(({ data }) => data),
    [
      concat(hex("02000000cccc 02000000aaaa 0800"), SYN),
      concat(hex("02000a000102 02000000aaaa 0800"), SYN),
      concat(hex("02000a000102 020000000000 0800"), error.packet()),
    ],
  );
});

t.test("neighbours are learned from packets, too", async (t) => {
  const folder = t.testdir();
  const output = join(folder, "out.pcap");
  const input = writeCapture(join(folder, "in.pcap"), LINK_TYPE.ethernet, [
    { time: TIME, data: concat(FROM_SERVER, ANSWER) },
  ]);
  const device = new PcapFileDevice({ input, output });
  const [frame] = frames(1);
  device.receive([frame!]);
  device.transmit(frame!, SERVER);
  device.close();
  t.same(recordsIn(output)[0]?.data.subarray(0, 6), hex("02000000cccc"));
});

t.test("IPv6 leaves an Ethernet capture as IPv6, to the neighbour that was seen", async (t) => {
  const folder = t.testdir();
  const output = join(folder, "out.pcap");
  const advertisement = icmp({
    from: "2001:db8:d::11",
    to: "2001:db8:d::1",
    type: 136,
    ttl: 255,
    rest: 0x60000000,
    quoted: hex("20010db8000d00000000000000000011 0201 02000000cccc"),
  });
  const input = writeCapture(join(folder, "in.pcap"), LINK_TYPE.ethernet, [
    { time: TIME, data: concat(hex("02000000aaaa 02000000cccc 86dd"), advertisement) },
    { time: TIME + 7n, data: concat(hex("02000000aaaa 02000000bbbb 86dd"), SYN6) },
    { time: TIME + 9n, data: concat(TO_DIRECTOR, SYN) },
  ]);
  const device = new PcapFileDevice({ input, output });
  const [frame] = frames(1);
  t.equal(device.receive([frame!]), 1);
  t.same(frame!.packet(), advertisement, "neighbour discovery is IPv6, too");
  t.equal(device.receive([frame!]), 1);
  t.same(frame!.packet(), SYN6);
  t.ok(device.transmit(frame!, SERVER6));
  t.ok(device.transmit(frame!, { family: 6, address: parseAddress("2001:db8:d::12").words }));
  t.equal(device.receive([frame!]), 1);
  const tunnelled = ipip({ from: "2001:db8:d::1", to: "2001:db8:d::11" }, SYN);
  frame!.start -= tunnelled.length - SYN.length;
  frame!.bytes.set(tunnelled, frame!.start);
  t.ok(device.transmit(frame!, SERVER6));
  device.close();
  t.same(
    recordsIn(output).map(({ data }) => data),
    [
      concat(hex("02000000cccc 02000000aaaa 86dd"), SYN6),
      // 2001:0db8 ^ 000d:0000 ^ 0000:0012
      concat(hex("0200200c0daa 02000000aaaa 86dd"), SYN6),
      concat(hex("02000000cccc 02000000aaaa 86dd"), tunnelled),
    ],
    "an IPv4 packet in a tunnel of IPv6 is IPv6 on the link",
  );
});

t.test("tags and padding around IPv6 are left out", async (t) => {
  const small = ip({ from: "2001:db8::1", to: "2001:db8::2", protocol: 59, payload: "" });
  const input = writeCapture(join(t.testdir(), "in.pcap"), LINK_TYPE.ethernet, [
    { time: TIME, data: concat(hex("02000000aaaa 02000000bbbb 8100 0007 86dd"), small) },
    { time: TIME, data: concat(hex("02000000aaaa 02000000bbbb 86dd"), small, new Uint8Array(6)) },
  ]);
  const device = new PcapFileDevice({ input });
  const batch = frames(2);
  t.equal(device.receive(batch), 2);
  for (const frame of batch) t.same(frame.packet(), small);
  device.close();
});

for (const [linkType, outputType, packet, header, written = header] of [
  [LINK_TYPE.raw, LINK_TYPE.raw, SYN, ""],
  [LINK_TYPE.raw, LINK_TYPE.raw, SYN6, ""],
  [LINK_TYPE.ipv4, LINK_TYPE.raw, SYN, ""],
  [LINK_TYPE.ipv6, LINK_TYPE.raw, SYN6, ""],
  [LINK_TYPE.null, LINK_TYPE.null, SYN, "02000000"],
  [LINK_TYPE.null, LINK_TYPE.null, SYN6, "1e000000"],
  [LINK_TYPE.null, LINK_TYPE.null, SYN6, "0000000a", "1e000000"],
  [LINK_TYPE.linuxCooked, LINK_TYPE.linuxCooked, SYN, "0004 0001 0006 0200000000000000 0800"],
  [LINK_TYPE.linuxCooked, LINK_TYPE.linuxCooked, SYN6, "0004 0001 0006 0200000000000000 86dd"],
  [
    LINK_TYPE.linuxCooked2,
    LINK_TYPE.raw,
    SYN6,
    "86dd 0000 00000001 0001 00 06 0200000000010000",
    "",
  ],
] as const) {
  const title = `IPv${packet === SYN ? 4 : 6} in a capture of link type ${linkType} is written as ${outputType}`;
  t.test(`${title}, behind "${header}"`, async (t) => {
    const folder = t.testdir();
    const output = join(folder, "out.pcap");
    const input = writeCapture(join(folder, "in.pcap"), linkType, [
      { time: TIME, data: concat(hex(header), packet) },
    ]);
    const device = new PcapFileDevice({ input, output });
    const [frame] = frames(1);
    t.equal(device.receive([frame!]), 1);
    t.same(frame!.packet(), packet);
    t.ok(device.transmit(frame!, packet === SYN ? SERVER : SERVER6));
    device.close();
    t.match(recordsIn(output), [{ linkType: outputType, data: concat(hex(written), packet) }]);
  });
}

t.test("a packet cut by the capture is restored, and cut again where it leaves", async (t) => {
  const folder = t.testdir();
  const output = join(folder, "out.pcap");
  const long = tcp({ from: "10.1.2.3:1", to: "10.0.0.100:80", payload: "x".repeat(1000) });
  const input = writeCapture(join(folder, "in.pcap"), LINK_TYPE.raw, [
    { time: TIME, data: long.subarray(0, 60), originalLength: long.length },
    { time: TIME, data: long.subarray(0, 30), originalLength: long.length },
  ]);
  const device = new PcapFileDevice({ input, output });
  const batch = frames(2);
  t.equal(device.receive(batch), 2);
  t.same(batch[0]!.packet(), concat(long.subarray(0, 60), new Uint8Array(long.length - 60)));
  t.same(batch[1]!.packet(), long.subarray(0, 30), "too little to decide on is left as it is");
  t.equal(device.origin(batch[0]!)?.missing, long.length - 60);
  device.transmit(batch[0]!, SERVER);
  device.close();
  t.match(recordsIn(output), [{ data: long.subarray(0, 60), originalLength: long.length }]);
});

t.test("an IPv6 packet cut behind its headers is restored, and cut again", async (t) => {
  const folder = t.testdir();
  const output = join(folder, "out.pcap");
  const long = tcp({ ...ENDS6, payload: "x".repeat(1000), extensions: [hopByHop()] });
  const enough = long.subarray(0, 40 + 8 + 20);
  const input = writeCapture(join(folder, "in.pcap"), LINK_TYPE.raw, [
    { time: TIME, data: enough, originalLength: long.length },
    { time: TIME, data: long.subarray(0, 40 + 8 + 19), originalLength: long.length },
  ]);
  const device = new PcapFileDevice({ input, output });
  const batch = frames(2);
  t.equal(device.receive(batch), 2);
  t.same(batch[0]!.packet(), concat(enough, new Uint8Array(1000)));
  t.equal(batch[1]!.length, 67, "flags are out of sight behind the extension header");
  device.transmit(batch[0]!, SERVER6);
  device.close();
  t.match(recordsIn(output), [{ data: enough, originalLength: long.length }]);
});

t.test("without an output, nothing can be sent, and it is counted", async (t) => {
  const input = writeCapture(join(t.testdir(), "in.pcap"), LINK_TYPE.raw, [
    { time: 0n, data: SYN },
  ]);
  const device = new PcapFileDevice({ input });
  const [frame] = frames(1);
  device.receive([frame!]);
  t.notOk(device.capabilities.transmit);
  t.notOk(device.transmit(frame!, SERVER));
  t.equal(device.drops.noOutput, 1);
  device.close();
  device.close();
});

t.test("a packet longer than the frame is dropped and counted", async (t) => {
  const input = writeCapture(join(t.testdir(), "in.pcap"), LINK_TYPE.raw, [
    { time: 0n, data: SYN },
  ]);
  const device = new PcapFileDevice({ input });
  t.equal(device.receive(frames(1, HEADROOM + 20)), 0);
  t.equal(device.drops.tooLong, 1);
  device.close();
});

t.test("a broken input is refused before the output is touched", async (t) => {
  const folder = t.testdir({ "in.pcap": "no capture at all", "other.pcap": "kept" });
  const output = join(folder, "out.pcap");
  t.throws(() => new PcapFileDevice({ input: join(folder, "in.pcap"), output }), {
    name: "CaptureError",
    offset: 0,
  });
  const radio = writeCapture(join(folder, "in.pcap"), 127, [{ time: 0n, data: SYN }]);
  t.throws(() => new PcapFileDevice({ input: radio, output }), {
    message: /^Cannot read the capture at offset 24: found link type 127, expected one of 0, 1, /,
  });
  t.throws(() => new PcapFileDevice({ input: join(folder, "none"), output }), { code: "ENOENT" });
  t.throws(() => new PcapFileDevice({ input: folder, output }), {
    message: `Cannot read the capture "${folder}": must be a regular file`,
  });
  t.notOk(existsSync(output));
});

const openFiles = "/proc/self/fd";
const noOpenFiles = lacking(existsSync(openFiles) ? false : `this host has no ${openFiles}`);

t.test("no file stays open", { skip: noOpenFiles }, async (t) => {
  const folder = t.testdir({ "in.pcap": "no capture at all" });
  const before = readdirSync(openFiles).length;
  t.throws(() => new PcapFileDevice({ input: join(folder, "in.pcap") }));
  const input = writeCapture(join(folder, "in.pcap"), LINK_TYPE.raw, [{ time: 0n, data: SYN }]);
  new PcapFileDevice({ input, output: join(folder, "out.pcap") }).close();
  t.equal(readdirSync(openFiles).length, before);
});

t.test("a capture in memory is read like a file", async (t) => {
  const path = writeCapture(join(t.testdir(), "in.pcap"), LINK_TYPE.raw, [{ time: 5n, data: SYN }]);
  const device = new PcapFileDevice({ input: bytesSource(readFileSync(path)) });
  const [frame] = frames(1);
  t.equal(device.receive([frame!]), 1);
  t.same(frame!.packet(), SYN);
});

t.test("a file in which a later record is broken gives those before", async (t) => {
  const path = join(t.testdir(), "in.pcap");
  writeCapture(path, LINK_TYPE.raw, [
    { time: 0n, data: SYN },
    { time: 1n, data: SYN },
    { time: 2n, data: SYN },
  ]);
  writeFileSync(path, readFileSync(path).subarray(0, 24 + 2 * 56 + 20));
  const device = new PcapFileDevice({ input: path });
  const [frame] = frames(1);
  t.equal(device.receive([frame!]), 1);
  t.throws(() => device.receive([frame!]), { name: "CaptureError", offset: 24 + 2 * 56 });
  device.close();
});

t.test("tcpdump reads what was written", { skip: tcpdump.lacking }, async (t) => {
  const folder = t.testdir();
  const output = join(folder, "out.pcap");
  const input = writeCapture(join(folder, "in.pcap"), LINK_TYPE.ethernet, [
    { time: TIME, data: concat(TO_DIRECTOR, SYN) },
    { time: TIME, data: concat(hex("02000000aaaa 02000000bbbb 86dd"), SYN6) },
  ]);
  const device = new PcapFileDevice({ input, output });
  const batch = frames(2);
  device.receive(batch);
  device.transmit(batch[0]!, SERVER);
  device.transmit(batch[1]!, SERVER6);
  device.close();
  const args = ["-n", "-e", "-tt", "--time-stamp-precision=nano", "-r", output];
  t.match(
    execFileSync(...tcpdump.command(args)),
    /^1700000000\.123456789 02:00:00:00:aa:aa > 02:00:0a:00:01:01, .* 10\.1\.2\.3\.40000 > 10\.0\.0\.100\.80: Flags \[S\].*\n.* > 02:00:20:0c:0d:a9, ethertype IPv6 \(0x86dd\), length 74: 2001:db8:1::3\.40000 > 2001:db8:c::100\.80: Flags \[S\]/,
  );
});
