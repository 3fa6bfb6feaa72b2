import { join } from "node:path";
import t from "tap";
import type { Device } from "../../dataplane/device.ts";
import { MemoryDevice } from "../../dataplane/memory.ts";
import { PcapFileDevice } from "../../dataplane/pcap-file.ts";
import { PcapTapDevice } from "../../dataplane/pcap-tap.ts";
import { TracerDevice } from "../../dataplane/tracer.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { parseAddress } from "../../src/net/address.ts";
import { Frame } from "../../src/wire/frame.ts";
import { recordsIn, writeCapture } from "../support/capture.ts";
import { tcp, udp } from "../support/packet.ts";

const SYN = tcp({ from: "10.1.2.3:40000", to: "10.0.0.100:80", flags: "S" });
const QUERY = udp({ from: "10.1.2.3:53", to: "10.0.0.100:53" });
const NEXT_HOP = { family: 4, address: parseAddress("10.0.1.1").words } as const;

t.test("a tracer tells what passes, and passes it", async (t) => {
  const inner = new MemoryDevice({ name: "wire0", limit: 1 });
  const lines: string[] = [];
  const device = new TracerDevice(inner, (line) => lines.push(line));
  inner.inject(SYN);
  const frame = new Frame();
  t.equal(device.receive([frame, new Frame()]), 1);
  t.ok(device.transmit(frame, NEXT_HOP));
  t.notOk(device.transmit(frame, NEXT_HOP));
  frame.load(QUERY);
  t.ok(device.accept?.(frame));
  t.notOk(device.accept?.(frame));
  const syn = "IP 10.1.2.3.40000 > 10.0.0.100.80: Flags [S], seq 0, win 65535, length 0";
  t.same(lines, [
    `wire0 < ${syn}`,
    `wire0 > ${syn}, via 10.0.1.1`,
    `wire0 > ${syn}, via 10.0.1.1, not taken`,
    "wire0 = IP 10.1.2.3.53 > 10.0.0.100.53: UDP, length 0",
    "wire0 = IP 10.1.2.3.53 > 10.0.0.100.53: UDP, length 0, not taken",
  ]);
  t.same(inner.sent[0]?.packet, SYN);
  t.same(inner.accepted, [QUERY]);
});

t.test("a tap captures both directions with the clock's time", async (t) => {
  const path = join(t.testdir(), "tap.pcap");
  const inner = new MemoryDevice();
  const clock = new ManualClock(2.5);
  const device = new PcapTapDevice(inner, { path, clock, epoch: 1_000_000_000n });
  inner.inject(SYN);
  const frame = new Frame();
  t.equal(device.receive([frame, new Frame()]), 1);
  clock.advance(1);
  frame.load(QUERY);
  t.ok(device.transmit(frame, NEXT_HOP));
  t.ok(device.accept?.(frame));
  device.flush();
  device.close();
  t.same(
    recordsIn(path).map(({ time, data }) => [time, data]),
    [
      [1_002_500_000n, SYN],
      [1_003_500_000n, QUERY],
    ],
  );
  t.same(inner.sent[0]?.packet, QUERY);
  t.notOk(inner.inject(SYN), "the device inside is closed, too");
});

t.test("a tap begins and ends captures while packets pass", async (t) => {
  const folder = t.testdir();
  const inner = new MemoryDevice();
  const device = new PcapTapDevice(inner, { clock: new ManualClock() });
  const frame = new Frame();
  const pass = (packet: Uint8Array) => {
    frame.load(packet);
    device.transmit(frame, NEXT_HOP);
    device.flush();
  };
  t.equal(device.path, undefined);
  t.equal(device.stop(), undefined);
  pass(SYN);
  const [first, second] = [join(folder, "first.pcap"), join(folder, "second.pcap")];
  device.start(first);
  t.equal(device.path, first);
  t.same(recordsIn(first), [], "a capture from the beginning");
  pass(QUERY);
  t.throws(() => device.start(join(folder, "none", "x")), { code: "ENOENT" });
  t.equal(device.path, first, "one that cannot begin leaves the other alone");
  device.start(second);
  pass(SYN);
  pass(SYN);
  t.same(device.stop(), { path: second, packets: 2 });
  pass(QUERY);
  t.same(
    [first, second].map((path) => recordsIn(path).map(({ data }) => data)),
    [[QUERY], [SYN, SYN]],
  );
  t.equal(inner.sent.length, 5, "all packets have passed");
});

t.test("a capture that cannot be written ends, and says why", async (t) => {
  const faults: [path: string, code: unknown][] = [];
  const inner = new MemoryDevice();
  const device = new PcapTapDevice(inner, {
    clock: new ManualClock(),
    onFault: (path, error) => faults.push([path, (error as { code?: string }).code]),
  });
  device.start("/dev/full");
  t.same(faults, [["/dev/full", "ENOSPC"]]);
  t.equal(device.path, undefined);
  const frame = new Frame();
  frame.load(SYN);
  t.ok(device.transmit(frame, NEXT_HOP));
  device.flush();
  t.equal(inner.sent.length, 1);
});

t.test("a wrapper is what it wraps: name, capabilities, drops, a host or none", async (t) => {
  const folder = t.testdir();
  const input = writeCapture(join(folder, "in.pcap"), 101, []);
  const hostless = new PcapFileDevice({ input });
  const tap = (inner: Device) =>
    new PcapTapDevice(inner, { path: join(folder, "tap.pcap"), clock: new ManualClock() });
  const trace = (inner: Device) => new TracerDevice(inner, () => {});
  for (const wrap of [tap, trace]) {
    for (const inner of [hostless, new MemoryDevice({ name: "wire0", limit: 0 })]) {
      const device = wrap(inner);
      t.equal(device.name, inner.name);
      t.same(device.capabilities, inner.capabilities);
      t.equal(device.accept === undefined, inner === hostless);
      device.transmit(new Frame(), NEXT_HOP);
      t.same(device.drops, inner.drops);
      device.close();
    }
  }
});
