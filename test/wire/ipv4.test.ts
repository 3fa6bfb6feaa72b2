import fc from "fast-check";
import t from "tap";
import * as ipv4 from "../../src/wire/ipv4.ts";
import { hex, ip, udp } from "../support/packet.ts";

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The header of an example everybody computes: 192.168.0.1 to 192.168.0.199, checksum b861. */
const HEADER = hex("4500 0073 0000 4000 4011 b861 c0a80001 c0a800c7");

t.test("accessors read the fields of a header", async (t) => {
  const view = viewOf(HEADER);
  t.equal(ipv4.version(view, 0), 4);
  t.equal(ipv4.headerLength(view, 0), 20);
  t.equal(ipv4.tos(view, 0), 0);
  t.equal(ipv4.totalLength(view, 0), 0x73);
  t.equal(ipv4.id(view, 0), 0);
  t.equal(ipv4.fragment(view, 0), ipv4.DONT_FRAGMENT);
  t.ok(ipv4.dontFragment(view, 0));
  t.notOk(ipv4.isFragment(view, 0));
  t.equal(ipv4.ttl(view, 0), 64);
  t.equal(ipv4.protocol(view, 0), 17);
  t.equal(ipv4.headerChecksum(view, 0), 0xb861);
  t.ok(ipv4.checksumIsRight(view, 0));
  t.equal(ipv4.src(view, 0), 0xc0a80001);
  t.equal(ipv4.dst(view, 0), 0xc0a800c7);
});

t.test("setters write the header the accessors read", async (t) => {
  const bytes = new Uint8Array(24);
  const view = viewOf(bytes);
  ipv4.setHeaderLength(view, 4, 20);
  ipv4.setTos(view, 4, 0);
  ipv4.setTotalLength(view, 4, 0x73);
  ipv4.setId(view, 4, 0);
  ipv4.setFragment(view, 4, ipv4.DONT_FRAGMENT);
  ipv4.setTtl(view, 4, 64);
  ipv4.setProtocol(view, 4, 17);
  ipv4.setSrc(view, 4, 0xc0a80001);
  ipv4.setDst(view, 4, 0xc0a800c7);
  ipv4.updateHeaderChecksum(view, 4);
  t.same(bytes.subarray(4), HEADER);
  t.same(bytes.subarray(0, 4), new Uint8Array(4), "nothing before the header is touched");
});

t.test("isWhole() refuses every truncation", async (t) => {
  const packet = udp({ from: "10.1.2.3:53", to: "10.0.0.1:53", payload: "x" });
  t.ok(ipv4.isWhole(viewOf(packet), 0, packet.length));
  for (let end = 0; end < packet.length; end++) {
    t.notOk(ipv4.isWhole(viewOf(packet), 0, end), `${end} bytes`);
  }
});

t.test("isWhole() refuses impossible lengths and versions", async (t) => {
  const changed = (at: number, value: number) => {
    const bytes = ip({ from: "10.1.2.3", to: "10.0.0.1", protocol: 6, payload: "abcd" });
    bytes[at] = value;
    return ipv4.isWhole(viewOf(bytes), 0, bytes.length);
  };
  t.ok(changed(0, 0x45));
  t.notOk(changed(0, 0x44), "a header below 20 bytes");
  t.notOk(changed(0, 0x47), "a header longer than the packet");
  t.notOk(changed(0, 0x65), "version 6");
  t.notOk(changed(3, 19), "a packet shorter than its header");
  t.notOk(changed(3, 25), "a packet longer than what is there");
  t.ok(changed(3, 23), "bytes behind the packet");
});

t.test("isFragment() sees first, middle and last pieces", async (t) => {
  const piece = (mf: boolean, fragmentOffset: number) =>
    ipv4.isFragment(
      viewOf(
        ip({ from: "10.1.2.3", to: "10.0.0.1", protocol: 17, payload: "", mf, fragmentOffset }),
      ),
      0,
    );
  t.ok(piece(true, 0));
  t.ok(piece(true, 8));
  t.ok(piece(false, 8));
  t.notOk(piece(false, 0));
});

t.test("adjustTtl() keeps the header checksum right", async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 255 }), fc.nat(0xffff), (ttl, id) => {
      const packet = ip({ from: "10.1.2.3", to: "10.0.0.1", protocol: 6, payload: "", ttl, id });
      ipv4.adjustTtl(viewOf(packet), 0, -1);
      return ipv4.ttl(viewOf(packet), 0) === ttl - 1 && ipv4.checksumIsRight(viewOf(packet), 0);
    }),
  );
});

t.test("updateHeaderChecksum() covers the options", async (t) => {
  const packet = ip({
    from: "10.1.2.3",
    to: "10.0.0.1",
    protocol: 6,
    payload: "",
    ipOptions: hex("94040000"),
  });
  const right = packet.slice();
  viewOf(packet).setUint16(10, 0xdead);
  t.notOk(ipv4.checksumIsRight(viewOf(packet), 0));
  ipv4.updateHeaderChecksum(viewOf(packet), 0);
  t.same(packet, right);
});
