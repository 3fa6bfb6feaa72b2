import t from "tap";
import * as icmpv4 from "../../src/wire/icmpv4.ts";
import { hex } from "../support/packet.ts";

/** Fragmentation needed, MTU 1400. */
const HEADER = hex("03 04 beef 0000 0578");

t.test("accessors read the fields of a header", async (t) => {
  const view = new DataView(HEADER.buffer);
  t.equal(icmpv4.type(view, 0), icmpv4.UNREACHABLE);
  t.equal(icmpv4.code(view, 0), icmpv4.FRAGMENTATION_NEEDED);
  t.equal(icmpv4.checksum(view, 0), 0xbeef);
  t.equal(icmpv4.rest(view, 0), 1400);
});

t.test("setters write the header the accessors read", async (t) => {
  const bytes = new Uint8Array(10);
  const view = new DataView(bytes.buffer);
  icmpv4.setTypeAndCode(view, 2, icmpv4.UNREACHABLE, icmpv4.FRAGMENTATION_NEEDED);
  icmpv4.setChecksum(view, 2, 0xbeef);
  icmpv4.setRest(view, 2, 1400);
  t.same(bytes.subarray(2), HEADER);
  t.same(bytes.subarray(0, 2), new Uint8Array(2), "nothing before the header is touched");
});

t.test("isWhole() refuses every truncation", async (t) => {
  for (let end = 0; end < 8; end++) t.notOk(icmpv4.isWhole(0, end), `${end} bytes`);
  t.ok(icmpv4.isWhole(0, 8));
});

t.test("isError() is true of the five messages that quote a packet, and of no other", async (t) => {
  const errors = [];
  for (let type = 0; type < 256; type++) if (icmpv4.isError(type)) errors.push(type);
  t.same(errors, [3, 4, 5, 11, 12]);
});
