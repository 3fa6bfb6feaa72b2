import fc from "fast-check";
import t from "tap";
import * as ethernet from "../../src/wire/ethernet.ts";
import { hex } from "../support/packet.ts";

function viewOf(text: string): DataView {
  return new DataView(hex(text).buffer);
}

const PLAIN = viewOf("ffffffffffff 020000000a01 0800 45");
const TAGGED = viewOf("33330000fb01 020000000a01 88a8 0064 8100 2005 86dd 60");

t.test("accessors read the fields of a header", async (t) => {
  t.ok(ethernet.isWhole(PLAIN, 0, 15));
  t.equal(ethernet.destination(PLAIN, 0), ethernet.BROADCAST);
  t.equal(ethernet.source(PLAIN, 0), 0x020000000a01);
  t.equal(ethernet.type(PLAIN, 0, 15), ethernet.ETHER_TYPE.ipv4);
  t.equal(ethernet.payloadStart(PLAIN, 0, 15), 14);
});

t.test("tags of both kinds are passed over", async (t) => {
  t.ok(ethernet.isWhole(TAGGED, 0, 23));
  t.equal(ethernet.type(TAGGED, 0, 23), ethernet.ETHER_TYPE.ipv6);
  t.equal(ethernet.payloadStart(TAGGED, 0, 23), 22);
});

t.test("isWhole() refuses a header or a tag that is cut short", async (t) => {
  for (let end = 0; end < 14; end++) t.notOk(ethernet.isWhole(PLAIN, 0, end), `${end} bytes`);
  for (let end = 14; end < 22; end++) t.notOk(ethernet.isWhole(TAGGED, 0, end), `${end} bytes`);
  t.ok(ethernet.isWhole(TAGGED, 0, 22));
});

t.test("write() puts the bytes where they belong", async (t) => {
  const view = new DataView(new ArrayBuffer(18));
  ethernet.write(view, 2, { destination: 0x0a0b0c0d0e0f, source: 0x020304050607, type: 0x0806 });
  t.same(new Uint8Array(view.buffer), hex("0000 0a0b0c0d0e0f 020304050607 0806 0000"));
});

t.test("what was written is read back", async () => {
  const mac = fc.integer({ min: 0, max: 0xffffffffffff });
  fc.assert(
    fc.property(mac, mac, (destination, source) => {
      const view = new DataView(new ArrayBuffer(14));
      ethernet.write(view, 0, { destination, source, type: 0x86dd });
      return (
        ethernet.destination(view, 0) === destination &&
        ethernet.source(view, 0) === source &&
        ethernet.type(view, 0, 14) === 0x86dd
      );
    }),
  );
});

t.test("isGroup() tells addresses of several stations", async (t) => {
  t.ok(ethernet.isGroup(ethernet.BROADCAST));
  t.ok(ethernet.isGroup(0x01005e000001));
  t.notOk(ethernet.isGroup(0x020000000a01));
});

t.test("formatMac() writes six pairs of digits", async (t) => {
  t.equal(ethernet.formatMac(0x02000a000001), "02:00:0a:00:00:01");
  t.equal(ethernet.formatMac(ethernet.BROADCAST), "ff:ff:ff:ff:ff:ff");
});
