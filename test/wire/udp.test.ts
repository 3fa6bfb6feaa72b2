import t from "tap";
import * as udp from "../../src/wire/udp.ts";
import { hex } from "../support/packet.ts";

const HEADER = hex("9c40 0035 000c beef");

t.test("accessors read the fields of a header", async (t) => {
  const view = new DataView(HEADER.buffer);
  t.equal(udp.srcPort(view, 0), 40000);
  t.equal(udp.dstPort(view, 0), 53);
  t.equal(udp.length(view, 0), 12);
  t.equal(udp.checksum(view, 0), 0xbeef);
});

t.test("setters write the header the accessors read", async (t) => {
  const bytes = new Uint8Array(10);
  const view = new DataView(bytes.buffer);
  udp.setSrcPort(view, 2, 40000);
  udp.setDstPort(view, 2, 53);
  udp.setLength(view, 2, 12);
  udp.setChecksum(view, 2, 0xbeef);
  t.same(bytes.subarray(2), HEADER);
  t.same(bytes.subarray(0, 2), new Uint8Array(2), "nothing before the header is touched");
});

t.test("isWhole() refuses every truncation", async (t) => {
  for (let end = 0; end < 8; end++) t.notOk(udp.isWhole(0, end), `${end} bytes`);
  t.ok(udp.isWhole(0, 8));
  t.notOk(udp.isWhole(1, 8), "the position counts");
});
