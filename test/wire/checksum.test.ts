import fc from "fast-check";
import t from "tap";
import * as checksum from "../../src/wire/checksum.ts";
import { hex, internetChecksum, tcp, udp } from "../support/packet.ts";

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

t.test("sum() and compute() agree with the example of RFC 1071 §3", async (t) => {
  const view = viewOf(hex("0001 f203 f4f5 f6f7"));
  t.equal(checksum.sum(view, 0, 8), 0x2ddf0);
  t.equal(checksum.compute(view, 0, 8), 0x220d);
});

t.test("an odd last byte counts as high byte", async (t) => {
  t.equal(checksum.sum(viewOf(hex("0102 03")), 0, 3), 0x0102 + 0x0300);
});

t.test("finish() folds sums of any size a packet can reach", async (t) => {
  t.equal(checksum.finish(0), 0xffff);
  t.equal(checksum.finish(0xffff), 0);
  t.equal(checksum.finish(0x10000), 0xfffe);
  t.equal(checksum.finish(0xffffffff), 0);
  t.equal(checksum.finish(0x8000 * 0xffff), 0, "the largest IP packet, all ones");
  t.equal(checksum.finish(0x1_0000_0001), 0xfffd);
});

t.test("compute() equals a plain addition for any bytes", async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      return checksum.compute(viewOf(bytes), 0, bytes.length) === internetChecksum(bytes);
    }),
  );
});

t.test("replace16() equals the full computation", async () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 20, maxLength: 60 }),
      fc.nat(9),
      fc.nat(0xffff),
      (bytes, word, value) => {
        bytes[0] = 0x45;
        const at = word * 2;
        const view = viewOf(bytes);
        const before = view.getUint16(at);
        const old = checksum.compute(view, 0, bytes.length);
        view.setUint16(at, value);
        // 0 and 65535 are both zero in one's complement; only an all-zero header could tell them apart.
        const updated = checksum.replace16(old, before, value) % 0xffff;
        return updated === checksum.compute(view, 0, bytes.length) % 0xffff;
      },
    ),
  );
});

t.test("replace32() equals two replacements of 16 bits", async () => {
  const word = fc.nat(0xffffffff);
  fc.assert(
    fc.property(fc.nat(0xffff), word, word, (sum, before, after) => {
      const high = checksum.replace16(sum, before >>> 16, after >>> 16);
      const both = checksum.replace16(high, before & 0xffff, after & 0xffff);
      return checksum.replace32(sum, before, after) % 0xffff === both % 0xffff;
    }),
  );
});

t.test("replacing a value by itself leaves a checksum that stands in a packet", async (t) => {
  t.equal(checksum.replace16(0x220d, 0x1234, 0x1234), 0x220d);
  t.equal(checksum.replace32(0x220d, 0x12345678, 0x12345678), 0x220d);
});

t.test("a pseudo-header completes the sum of a segment", async (t) => {
  const v4 = viewOf(tcp({ from: "10.1.2.3:40000", to: "10.0.0.100:80", payload: "odd" }));
  const four = checksum.pseudoHeader4(v4, 0, 6, 23);
  t.equal(checksum.finish(checksum.sum(v4, 20, 43, four)), 0);
  const v6 = viewOf(udp({ from: "[2001:db8::1]:53", to: "[2001:db8::2]:53", payload: "odd" }));
  const six = checksum.pseudoHeader6(v6, 0, 17, 11);
  t.equal(checksum.finish(checksum.sum(v6, 40, 51, six)), 0);
});
