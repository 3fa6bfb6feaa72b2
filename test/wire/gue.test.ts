import t from "tap";
import * as gue from "../../src/wire/gue.ts";
import { hex, udp } from "../support/packet.ts";
import { gue as packetOf } from "../support/packet-tunnels.ts";

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The headers a kernel's ip_vs put before an IPv4 and an IPv6 packet for `--tun-type gue`. */
const RECORDED4 = hex("00040000");
const RECORDED6 = hex("00290000");

t.test("accessors read the fields of recorded headers", async (t) => {
  for (const [recorded, protocol] of [[RECORDED4, 4] as const, [RECORDED6, 41] as const]) {
    const view = viewOf(recorded);
    t.equal(gue.version(view, 0), 0);
    t.notOk(gue.isControl(view, 0));
    t.equal(gue.headerLength(view, 0), gue.HEADER_LENGTH);
    t.equal(gue.protocol(view, 0), protocol);
  }
});

t.test("accessors keep the fields of the first byte apart", async (t) => {
  const first = (value: number) => {
    const view = viewOf(Uint8Array.of(value, 0, 0, 0));
    return [gue.version(view, 0), gue.isControl(view, 0), gue.headerLength(view, 0)];
  };
  t.same(first(0x40), [1, false, 4]);
  t.same(first(0xc0), [3, false, 4]);
  t.same(first(0x20), [0, true, 4]);
  t.same(first(0x02), [0, false, 12]);
  t.same(first(0x1f), [0, false, 128]);
});

t.test("write() writes what a kernel wrote, and nothing around it", async (t) => {
  const bytes = hex("aaaa aaaaaaaa aa");
  gue.write(viewOf(bytes), 2, 41);
  t.same(bytes, hex("aaaa 00290000 aa"));
});

t.test("isWhole() refuses every truncation", async (t) => {
  for (let end = 0; end < 4; end++) t.notOk(gue.isWhole(0, end), `${end} bytes`);
  t.ok(gue.isWhole(0, 4));
});

t.test("the length tells where the packet behind extension fields begins", async (t) => {
  const inner = udp({ from: "10.0.0.1:1", to: "10.0.0.2:2" });
  const outer = { from: "192.168.0.1:50000", to: "192.168.0.2:6080" };
  const packet = packetOf({ ...outer, gueFields: hex("0000000100000002") }, inner);
  const at = 20 + 8;
  const view = viewOf(packet);
  t.equal(gue.headerLength(view, at), 12);
  t.equal(gue.protocol(view, at), 4);
  t.same(packet.subarray(at + gue.headerLength(view, at)), inner);
});
