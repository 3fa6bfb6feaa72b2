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
import { concat, hex, icmp, tcp, udp } from "../support/packet.ts";
import { lacking } from "../support/requirement.ts";
import { tcpdump } from "../support/tcpdump.ts";

const TIME = 1_700_000_000_123_456_789n;
const SYN = tcp({ from: "10.1.2.3:40000", to: "10.0.0.100:80", flags: "S" });
const ANSWER = udp({ from: "10.0.1.1:53", to: "10.1.2.3:53", payload: "answer" });
const TO_DIRECTOR = hex("02000000aaaa 02000000bbbb 0800");
const FROM_SERVER = hex("02000000aaaa 02000000cccc 0800");
const ARP = hex(
  "ffffffffffff 02000000cccc 0806 0001 0800 06 04 0001 02000000cccc 0a000101 000000000000 0a000064",
);
const SERVER = { family: 4, address: parseAddress("10.0.1.1").words } as const;
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

for (const [linkType, outputType, header] of [
  [LINK_TYPE.raw, LINK_TYPE.raw, ""],
  [LINK_TYPE.ipv4, LINK_TYPE.raw, ""],
  [LINK_TYPE.null, LINK_TYPE.null, "02000000"],
  [LINK_TYPE.linuxCooked, LINK_TYPE.linuxCooked, "0004 0001 0006 0200000000000000 0800"],
] as const) {
  t.test(`a capture of link type ${linkType} is written as ${outputType}`, async (t) => {
    const folder = t.testdir();
    const output = join(folder, "out.pcap");
    const input = writeCapture(join(folder, "in.pcap"), linkType, [
      { time: TIME, data: concat(hex(header), SYN) },
    ]);
    const device = new PcapFileDevice({ input, output });
    const [frame] = frames(1);
    t.equal(device.receive([frame!]), 1);
    t.ok(device.transmit(frame!, SERVER));
    device.close();
    t.match(recordsIn(output), [{ linkType: outputType, data: concat(hex(header), SYN) }]);
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
  ]);
  const device = new PcapFileDevice({ input, output });
  const [frame] = frames(1);
  device.receive([frame!]);
  device.transmit(frame!, SERVER);
  device.close();
  const args = ["-n", "-e", "-tt", "--time-stamp-precision=nano", "-r", output];
  t.match(
    execFileSync(...tcpdump.command(args)),
    /^1700000000\.123456789 02:00:00:00:aa:aa > 02:00:0a:00:01:01, .* 10\.1\.2\.3\.40000 > 10\.0\.0\.100\.80: Flags \[S\]/,
  );
});
