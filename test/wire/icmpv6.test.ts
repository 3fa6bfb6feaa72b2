import fc from "fast-check";
import t from "tap";
import * as icmpv6 from "../../src/wire/icmpv6.ts";
import { hex, icmp } from "../support/packet.ts";
import { hopByHop } from "../support/packet-extensions.ts";

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

const HOSTS = { from: "2001:db8::1", to: "2001:db8::2" };
/** Packet too big, MTU 1280, with no packet behind it. */
const HEADER = hex("02 00 beef 00000500");
/** A port unreachable as a kernel's ip_vs answered a SYN for which there was no destination. */
const RECORDED = hex(`6000000000443a40 20010db8000c00000000000000000100
  20010db8000100000000000000000003 01043bc1 00000000
  6000000000140640 20010db8000100000000000000000003 20010db8000c00000000000000000100
  9c400050000003e8000000005002ffffb2e80000`);

t.test("accessors read the fields of a header", async (t) => {
  const view = viewOf(HEADER);
  t.equal(icmpv6.type(view, 0), icmpv6.PACKET_TOO_BIG);
  t.equal(icmpv6.code(view, 0), 0);
  t.equal(icmpv6.checksum(view, 0), 0xbeef);
  t.equal(icmpv6.rest(view, 0), 1280);
});

t.test("setters write the header the accessors read", async (t) => {
  const bytes = new Uint8Array(10);
  const view = viewOf(bytes);
  icmpv6.setTypeAndCode(view, 2, icmpv6.PACKET_TOO_BIG, 0);
  icmpv6.setChecksum(view, 2, 0xbeef);
  icmpv6.setRest(view, 2, 1280);
  t.same(bytes.subarray(2), HEADER);
  t.same(bytes.subarray(0, 2), new Uint8Array(2), "nothing before the header is touched");
});

t.test("isWhole() refuses every truncation", async (t) => {
  for (let end = 0; end < 8; end++) t.notOk(icmpv6.isWhole(0, end), `${end} bytes`);
  t.ok(icmpv6.isWhole(0, 8));
});

t.test("checksumIsRight() believes a recorded message, and no other", async (t) => {
  t.ok(icmpv6.checksumIsRight(viewOf(RECORDED), 0, 40, RECORDED.length));
  t.equal(icmpv6.type(viewOf(RECORDED), 40), icmpv6.UNREACHABLE);
  t.equal(icmpv6.code(viewOf(RECORDED), 40), icmpv6.PORT_UNREACHABLE);
  for (const at of [9, 25, 40, 41, 43, 60, RECORDED.length - 1]) {
    const damaged = RECORDED.slice();
    damaged[at]! ^= 1;
    t.notOk(icmpv6.checksumIsRight(viewOf(damaged), 0, 40, damaged.length), `byte ${at}`);
  }
});

t.test("updateChecksum() writes what a kernel wrote", async (t) => {
  const packet = RECORDED.slice();
  icmpv6.setChecksum(viewOf(packet), 40, 0xdead);
  icmpv6.updateChecksum(viewOf(packet), 0, 40, packet.length);
  t.same(packet, RECORDED);
});

t.test("updateChecksum() equals a plain addition, also behind extension headers", async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (quoted, extended) => {
      const packet = icmp({ ...HOSTS, quoted, ...(extended && { extensions: [hopByHop()] }) });
      const at = extended ? 48 : 40;
      const right = icmpv6.checksum(viewOf(packet), at);
      icmpv6.setChecksum(viewOf(packet), at, 0x1234);
      icmpv6.updateChecksum(viewOf(packet), 0, at, packet.length);
      return icmpv6.checksum(viewOf(packet), at) === right;
    }),
  );
});

t.test("isError() is true of the types below 128, and of no other", async (t) => {
  const errors = Array.from({ length: 256 }, (_unused, type) => icmpv6.isError(type));
  t.equal(errors.indexOf(false), 128);
  t.equal(errors.lastIndexOf(true), 127);
  t.notOk(icmpv6.isError(icmpv6.ECHO_REQUEST));
});
