import fc from "fast-check";
import t from "tap";
import { TCP } from "../../src/net/protocol.ts";
import * as checksum from "../../src/wire/checksum.ts";
import { Frame } from "../../src/wire/frame.ts";
import * as ipv4 from "../../src/wire/ipv4.ts";
import * as ipv6 from "../../src/wire/ipv6.ts";
import { completeChecksum, leaveChecksum, segmentLength } from "../../src/wire/offload.ts";
import { Segmenter } from "../../src/wire/segmenter.ts";
import * as tcp from "../../src/wire/tcp.ts";
import * as virtioNet from "../../src/wire/virtio-net.ts";
import { tcp as tcpPacket, udp as udpPacket } from "../support/packet.ts";

/** A packet whose checksum is yet to be completed. */
function partial(packet: Uint8Array): Frame {
  const frame = new Frame();
  frame.load(packet);
  leaveChecksum(frame);
  return frame;
}

const ENDS = [
  { from: "10.0.0.1:1000", to: "10.0.0.2:80" },
  { from: "[2001:db8::1]:1000", to: "[2001:db8::2]:80" },
] as const;

t.test("completeChecksum() gives back what leaveChecksum() has taken", (t) => {
  for (const ends of ENDS) {
    for (const make of [tcpPacket, udpPacket]) {
      fc.assert(
        fc.property(fc.string({ maxLength: 99 }), (payload) => {
          const packet = make({ ...ends, payload });
          const frame = partial(packet);
          completeChecksum(frame);
          t.same(frame.packet(), packet);
          return frame.partialFrom === 0;
        }),
        { numRuns: 20 },
      );
    }
  }
  t.end();
});

/** A super-packet of `length` bytes of payload. */
function superPacket(ends: (typeof ENDS)[number], length: number, flags: number): Frame {
  const payload = "0123456789".repeat(length / 10);
  const frame = partial(tcpPacket({ ...ends, payload }));
  tcp.setFlags(frame.view, frame.partialFrom, flags);
  tcp.setSequence(frame.view, frame.partialFrom, 0xffffff00);
  frame.segmentSize = 1000;
  return frame;
}

for (const ends of ENDS) {
  t.test(`cut() makes whole segments of a packet from ${ends.from}`, (t) => {
    const frame = superPacket(ends, 2500, tcp.ACK | tcp.PSH | tcp.FIN | tcp.CWR);
    const isIpv4 = ipv4.version(frame.view, frame.start) === 4;
    const headers = (isIpv4 ? 20 : 40) + tcp.headerLength(frame.view, frame.partialFrom);
    t.equal(segmentLength(frame, frame.start), headers + 1000);
    const seen: { length: number; sequence: number; flags: number }[] = [];
    let text = "";
    const taken = new Segmenter().cut(frame, (segment) => {
      const { view, start, partialFrom } = segment;
      completeChecksum(segment);
      const { end } = segment;
      t.ok(isIpv4 ? ipv4.isWhole(view, start, end) : ipv6.isWhole(view, start, end));
      if (isIpv4) t.ok(ipv4.checksumIsRight(view, start));
      const pseudo = isIpv4
        ? checksum.pseudoHeader4(view, start, TCP, end - partialFrom)
        : checksum.pseudoHeader6(view, start, TCP, end - partialFrom);
      t.equal(checksum.finish(checksum.sum(view, partialFrom, end, pseudo)), 0, "checksum");
      seen.push({
        length: segment.length,
        sequence: tcp.sequence(view, partialFrom),
        flags: tcp.flags(view, partialFrom),
      });
      text += Buffer.from(segment.bytes.subarray(start + headers, end)).toString();
      return true;
    });
    t.ok(taken);
    t.equal(text, "0123456789".repeat(250));
    t.strictSame(seen, [
      { length: headers + 1000, sequence: 0xffffff00, flags: tcp.ACK | tcp.CWR },
      { length: headers + 1000, sequence: 0x2e8, flags: tcp.ACK },
      { length: headers + 500, sequence: 0x6d0, flags: tcp.ACK | tcp.PSH | tcp.FIN },
    ]);
    t.end();
  });

  t.test(`read() finds what write() has written of a packet from ${ends.from}`, (t) => {
    for (const size of [0, 1000]) {
      const frame = superPacket(ends, 2500, tcp.ACK | tcp.CWR);
      frame.segmentSize = size;
      const { partialFrom, partialAt } = frame;
      const at = frame.start - virtioNet.HEADER_LENGTH;
      virtioNet.write(frame, at, frame.start);
      frame.partialFrom = 0;
      frame.segmentSize = 7;
      t.ok(virtioNet.read(frame, at, frame.start));
      t.match(frame, { partialFrom, partialAt, segmentSize: size });
    }
    t.end();
  });
}

t.test("read() completes nothing of a whole packet, and refuses what cannot be", (t) => {
  const frame = partial(tcpPacket({ ...ENDS[0], payload: "x" }));
  const at = frame.start - virtioNet.HEADER_LENGTH;
  frame.bytes.fill(0, at, frame.start);
  t.ok(virtioNet.read(frame, at, frame.start));
  t.equal(frame.partialFrom, 0);
  frame.view.setUint8(at + 1, 3);
  t.notOk(virtioNet.read(frame, at, frame.start), "UDP fragmentation is of the past");
  frame.view.setUint8(at, 1);
  frame.view.setUint16(at + 6, 60000, true);
  t.notOk(virtioNet.read(frame, at, frame.start), "a checksum beyond the packet");
  t.end();
});
