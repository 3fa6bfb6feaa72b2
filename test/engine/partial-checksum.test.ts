import t from "tap";
import { REASONS } from "../../src/engine/verdict.ts";
import { Frame } from "../../src/wire/frame.ts";
import { completeChecksum, leaveChecksum } from "../../src/wire/offload.ts";
import { tcp, udp } from "../support/packet.ts";
import { VIP, VIP6, Wire } from "./support.ts";

const V4 = {
  client: "10.1.2.3:40000",
  virtual: `${VIP}:80`,
  address: VIP,
  server: "192.168.10.11:8080",
};
const V6 = {
  client: "[2001:db8::1]:40000",
  virtual: `[${VIP6}]:80`,
  address: VIP6,
  server: "[2001:db8:d::11]:8080",
};

/** A director with services of TCP and UDP by NAT, and one by a GRE tunnel with checksums. */
function wire(): Wire {
  const made = new Wire();
  for (const { address, server } of [V4, V6]) {
    for (const protocol of ["tcp", "udp"] as const) {
      made.service(protocol, 80, {}, address);
      made.server(protocol, 80, server, { method: "masquerade" }, address);
    }
  }
  made.service("tcp", 81);
  made.server("tcp", 81, "192.168.10.12:81", { method: "tunnel", tunnelType: 2, tunnelFlags: 1 });
  return made;
}

/** Returns what a director makes of a packet whose checksum is yet to be completed, once it is. */
function completed(director: Wire["director"], packet: Uint8Array, isReply: boolean): Uint8Array {
  const frame = new Frame();
  frame.load(packet);
  leaveChecksum(frame);
  if (isReply) director.forwarded(frame);
  else director.localIn(frame);
  completeChecksum(frame);
  return frame.packet();
}

t.test("a checksum yet to be completed is right when it is, in both directions", async (t) => {
  for (const { client, virtual, server } of [V4, V6]) {
    for (const make of [tcp, udp]) {
      const [whole, partial] = [wire(), wire()];
      const request = make({ from: client, to: virtual, payload: "ask" });
      const flags = make === tcp ? { flags: "S" } : {};
      const first = make({ from: client, to: virtual, ...flags });
      for (const packet of [first, request]) {
        const frame = new Frame();
        frame.load(packet);
        whole.director.localIn(frame);
        t.same(completed(partial.director, packet, false), frame.packet());
      }
      const reply = make({ from: server, to: client, payload: "answer" });
      const frame = new Frame();
      frame.load(reply);
      whole.director.forwarded(frame);
      t.same(completed(partial.director, reply, true), frame.packet());
    }
  }
});

t.test("a tunnel's checksum covers the packet as it will be", async (t) => {
  const packet = tcp({ from: V4.client, to: `${VIP}:81`, flags: "S" });
  const frame = new Frame();
  frame.load(packet);
  wire().director.localIn(frame);
  t.same(completed(wire().director, packet, false), frame.packet());
});

t.test("segments are held against the MTU, not the packet they are in", async (t) => {
  for (const [size, expected] of [
    [1448, "request"],
    [1461, "too-big"],
  ] as const) {
    const { director } = wire();
    const frame = new Frame();
    frame.load(tcp({ from: V4.client, to: V4.virtual, flags: "S" }));
    director.localIn(frame);
    frame.load(tcp({ from: V4.client, to: V4.virtual, payload: "x".repeat(20_000), df: true }));
    leaveChecksum(frame);
    frame.segmentSize = size;
    director.localIn(frame);
    t.equal(REASONS[director.decision.reason], expected);
  }
});
