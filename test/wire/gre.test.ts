import fc from "fast-check";
import t from "tap";
import * as gre from "../../src/wire/gre.ts";
import { concat, hex, ip, udp } from "../support/packet.ts";
import { gre as packetOf } from "../support/packet-tunnels.ts";

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** What a kernel's ip_vs put behind the outer header for `--tun-type gre --tun-csum`, both families. */
const RECORDED4 = hex(`80000800 8e810000 45000028000540003f0625640a0102030a000064
  9c440050000003e8000000005002fffff8fe0000`);
const RECORDED6 = hex(`800086dd 92e80000 600000000014063f 20010db8000100000000000000000003
  20010db8000c00000000000000000100 9c440050000003e8000000005002ffffb2e40000`);

t.test("accessors read the fields of recorded headers", async (t) => {
  t.equal(gre.flags(viewOf(RECORDED4), 0), gre.CHECKSUM_PRESENT);
  t.equal(gre.protocol(viewOf(RECORDED4), 0), gre.PROTOCOL_IPV4);
  t.equal(gre.headerLength(viewOf(RECORDED4), 0), gre.HEADER_LENGTH_CHECKSUM);
  t.equal(gre.protocol(viewOf(RECORDED6), 0), gre.PROTOCOL_IPV6);
});

t.test("headerLength() counts the options that the flags announce", async (t) => {
  const length = (flags: string) => gre.headerLength(viewOf(hex(`${flags} 0800`)), 0);
  t.equal(length("0000"), gre.HEADER_LENGTH);
  t.equal(length("8000"), gre.HEADER_LENGTH_CHECKSUM);
  t.equal(length("2000"), 8);
  t.equal(length("3000"), 12);
  t.equal(length("b000"), 16);
  t.equal(length("4fff"), gre.HEADER_LENGTH, "other bits announce nothing");
});

t.test("write() writes a header without options", async (t) => {
  const bytes = hex("aaaa aaaaaaaa aa");
  gre.write(viewOf(bytes), 2, gre.PROTOCOL_IPV6);
  t.same(bytes, hex("aaaa 000086dd aa"), "and nothing around it");
});

t.test("writeWithChecksum() writes what a kernel wrote", async (t) => {
  for (const recorded of [RECORDED4, RECORDED6]) {
    const bytes = recorded.slice();
    bytes.fill(0xaa, 0, 8);
    gre.writeWithChecksum(viewOf(bytes), 0, viewOf(recorded).getUint16(2), bytes.length);
    t.same(bytes, recorded);
  }
});

t.test("isWhole() refuses every truncation", async (t) => {
  for (let end = 0; end < 4; end++) t.notOk(gre.isWhole(0, end), `${end} bytes`);
  t.ok(gre.isWhole(0, 4));
});

t.test("any packet is written as a plain addition would write it", async () => {
  const inner = fc
    .tuple(fc.uint8Array({ maxLength: 40 }), fc.boolean())
    .map(([payload, v6]) =>
      v6
        ? udp({ from: "[2001:db8::1]:1", to: "[2001:db8::2]:2", payload })
        : udp({ from: "10.0.0.1:1", to: "10.0.0.2:2", payload }),
    );
  fc.assert(
    fc.property(inner, fc.boolean(), (packet, greChecksum) => {
      const ends = { from: "192.168.0.1", to: "192.168.0.2" };
      const length = greChecksum ? gre.HEADER_LENGTH_CHECKSUM : gre.HEADER_LENGTH;
      const payload = concat(new Uint8Array(length), packet);
      const protocol = packet[0]! >>> 4 === 6 ? gre.PROTOCOL_IPV6 : gre.PROTOCOL_IPV4;
      if (greChecksum) gre.writeWithChecksum(viewOf(payload), 0, protocol, payload.length);
      else gre.write(viewOf(payload), 0, protocol);
      const wanted = packetOf({ ...ends, greChecksum }, packet);
      return Buffer.from(ip({ ...ends, protocol: 47, payload })).equals(wanted);
    }),
  );
});
