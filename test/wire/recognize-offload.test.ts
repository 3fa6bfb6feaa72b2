import fc from "fast-check";
import t from "tap";
import { Frame } from "../../src/wire/frame.ts";
import { completeChecksum, leaveChecksum } from "../../src/wire/offload.ts";
import { recognizeOffload } from "../../src/wire/recognize-offload.ts";
import { fragments, sctp, tcp, udp } from "../support/packet.ts";

const MTU = 1500;
const ENDS = [
  { from: "10.0.0.1:1000", to: "10.0.0.2:80" },
  { from: "[2001:db8::1]:1000", to: "[2001:db8::2]:80" },
] as const;

function framed(packet: Uint8Array): Frame {
  const frame = new Frame();
  frame.load(packet);
  return frame;
}

for (const ends of ENDS) {
  t.test(`a checksum left by ${ends.from} is recognized, a complete one left alone`, (t) => {
    for (const make of [tcp, udp]) {
      fc.assert(
        fc.property(fc.string({ maxLength: 99 }), (payload) => {
          const packet = make({ ...ends, payload });
          const left = framed(packet);
          leaveChecksum(left);
          const { partialFrom, partialAt } = left;
          left.partialFrom = 0;
          left.partialAt = 0;
          t.ok(recognizeOffload(left, MTU));
          t.strictSame([left.partialFrom, left.partialAt], [partialFrom, partialAt]);
          completeChecksum(left);
          t.same(left.packet(), packet);
          const complete = framed(packet);
          t.ok(recognizeOffload(complete, MTU));
          completeChecksum(complete);
          t.same(complete.packet(), packet);
          return complete.segmentSize === 0;
        }),
        { numRuns: 20 },
      );
    }
    t.end();
  });

  t.test(`a TCP packet of ${ends.from} longer than its link was merged`, async (t) => {
    const packet = tcp({ ...ends, payload: "x".repeat(5000) });
    const frame = framed(packet);
    t.ok(recognizeOffload(frame, MTU));
    const headers = packet.length - 5000;
    t.equal(frame.segmentSize, MTU - headers);
    t.not(frame.partialFrom, 0);
    completeChecksum(frame);
    t.same(frame.packet(), packet);
    t.notOk(recognizeOffload(framed(packet), headers), "on a link that takes no payload");
    t.notOk(recognizeOffload(framed(udp({ ...ends, payload: "x".repeat(5000) })), MTU), "UDP");
  });

  t.test(`what a link has padded behind a packet of ${ends.from} is cut off`, async (t) => {
    const packet = udp({ ...ends, payload: "x" });
    const frame = framed(new Uint8Array([...packet, 0, 0, 0, 0]));
    t.ok(recognizeOffload(frame, MTU));
    t.same(frame.packet(), packet);
  });
}

t.test("an SCTP checksum of 0 is completed", async (t) => {
  const packet = sctp({ from: "10.0.0.1:1000", to: "10.0.0.2:80" });
  const frame = framed(packet);
  const before = frame.packet().slice();
  frame.view.setUint32(frame.start + 20 + 8, 0);
  t.ok(recognizeOffload(frame, MTU));
  t.same(frame.packet(), before);
});

t.test("nothing is left to do for fragments, absent checksums and what is no packet", async (t) => {
  const [first] = fragments(udp({ ...ENDS[0], payload: "x".repeat(2000) }), 1000);
  const absent = framed(udp({ ...ENDS[0], payload: "x" }));
  absent.view.setUint16(absent.start + 20 + 6, 0);
  for (const frame of [framed(first!), absent, framed(new Uint8Array(10))]) {
    const before = frame.packet().slice();
    t.ok(recognizeOffload(frame, MTU));
    t.strictSame([frame.partialFrom, frame.partialAt, frame.segmentSize], [0, 0, 0]);
    t.same(frame.packet(), before);
  }
});
