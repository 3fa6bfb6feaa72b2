import t from "tap";
import { MemoryDevice } from "../../dataplane/memory.ts";
import { parseAddress } from "../../src/net/address.ts";
import { Frame, HEADROOM } from "../../src/wire/frame.ts";
import { tcp, udp } from "../support/packet.ts";

const SYN = tcp({ from: "10.1.2.3:40000", to: "10.0.0.100:80", flags: "S" });
const QUERY = udp({ from: "10.1.2.3:40001", to: "10.0.0.100:53", payload: "q" });
const NEXT_HOP = { family: 4, address: parseAddress("10.0.1.1").words } as const;

function frames(count: number, capacity?: number): Frame[] {
  return Array.from({ length: count }, () => new Frame(capacity));
}

t.test("what is injected is received in order, with mark and time", async (t) => {
  const device = new MemoryDevice();
  t.ok(device.inject(SYN, { mark: 7, time: 12.5 }));
  t.ok(device.inject(QUERY));
  const batch = frames(3);
  t.equal(device.waiting, 2);
  t.equal(device.receive(batch), 2);
  t.same(batch[0]!.packet(), SYN);
  t.match(batch[0], { start: HEADROOM, mark: 7, time: 12.5 });
  t.same(batch[1]!.packet(), QUERY);
  t.match(batch[1], { start: HEADROOM, mark: 0, time: 0 });
  t.equal(device.receive(batch), 0);
});

t.test("a batch smaller than what waits leaves the rest waiting", async (t) => {
  const device = new MemoryDevice();
  for (let index = 0; index < 3; index++) device.inject(SYN);
  t.equal(device.receive(frames(2)), 2);
  t.equal(device.waiting, 1);
});

t.test("what is transmitted is kept as a copy with its next hop", async (t) => {
  const device = new MemoryDevice();
  const frame = new Frame();
  frame.load(SYN);
  frame.time = 4;
  const nextHop = { family: 4 as const, address: NEXT_HOP.address.slice() };
  t.ok(device.transmit(frame, nextHop));
  nextHop.address[0] = 0;
  frame.load(QUERY);
  const [sent] = device.sent;
  t.same(sent?.packet, SYN);
  t.match(sent, { nextHop: NEXT_HOP, time: 4 });
  t.equal(device.take(), sent);
  t.equal(device.take(), undefined);
});

t.test("what is handed back is kept", async (t) => {
  const device = new MemoryDevice();
  const frame = new Frame();
  frame.load(SYN);
  t.ok(device.accept(frame));
  t.same(device.accepted, [SYN]);
  t.same(device.takeAccepted(), SYN);
  t.equal(device.takeAccepted(), undefined);
});

t.test("every queue is bounded and counts what does not fit", async (t) => {
  const device = new MemoryDevice({ limit: 1 });
  const frame = new Frame();
  frame.load(SYN);
  t.same([device.inject(SYN), device.inject(SYN)], [true, false]);
  t.same([device.transmit(frame, NEXT_HOP), device.transmit(frame, NEXT_HOP)], [true, false]);
  t.same([device.accept(frame), device.accept(frame)], [true, false]);
  t.equal(device.drops.queueFull, 3);
  device.take();
  t.ok(device.transmit(frame, NEXT_HOP), "taking makes room");
});

t.test(
  "a packet longer than the frame is dropped and counted, the next one received",
  async (t) => {
    const device = new MemoryDevice();
    device.inject(tcp({ from: "10.1.2.3:1", to: "10.0.0.100:80", payload: "x".repeat(100) }));
    device.inject(QUERY);
    const batch = frames(1, HEADROOM + 64);
    t.equal(device.receive(batch), 1);
    t.same(batch[0]!.packet(), QUERY);
    t.equal(device.drops.tooLong, 1);
  },
);

t.test("a closed device takes nothing and gives nothing", async (t) => {
  const device = new MemoryDevice({ name: "wire0" });
  device.inject(SYN);
  device.close();
  device.close();
  const frame = new Frame();
  frame.load(SYN);
  t.equal(device.receive(frames(1)), 0);
  t.notOk(device.inject(SYN));
  t.notOk(device.transmit(frame, NEXT_HOP));
  t.equal(device.drops.closed, 2);
});

t.test("name and capabilities are what they are told to be", async (t) => {
  const device = new MemoryDevice({ name: "wire0", capabilities: { forwarded: true } });
  t.equal(device.name, "wire0");
  t.same(device.capabilities, { receive: true, transmit: true, nextHop: true, forwarded: true });
});
