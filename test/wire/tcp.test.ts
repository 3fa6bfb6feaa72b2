import t from "tap";
import * as tcp from "../../src/wire/tcp.ts";
import { tcp as build, hex } from "../support/packet.ts";

/** A SYN with options MSS 1460 and three of padding. */
const HEADER = hex("9c40 0050 01020304 05060708 7 0 12 faf0 beef 0000 020405b4 01010100");

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

t.test("accessors read the fields of a header", async (t) => {
  const view = viewOf(HEADER);
  t.equal(tcp.srcPort(view, 0), 40000);
  t.equal(tcp.dstPort(view, 0), 80);
  t.equal(tcp.sequence(view, 0), 0x01020304);
  t.equal(tcp.acknowledgment(view, 0), 0x05060708);
  t.equal(tcp.headerLength(view, 0), 28);
  t.equal(tcp.flags(view, 0), tcp.SYN | tcp.ACK);
  t.equal(tcp.window(view, 0), 0xfaf0);
  t.equal(tcp.checksum(view, 0), 0xbeef);
});

t.test("setters write the header the accessors read", async (t) => {
  const bytes = new Uint8Array(22);
  const view = viewOf(bytes);
  tcp.setSrcPort(view, 2, 40000);
  tcp.setDstPort(view, 2, 80);
  tcp.setSequence(view, 2, 0x01020304);
  tcp.setAcknowledgment(view, 2, 0x05060708);
  tcp.setHeaderLength(view, 2, 28);
  tcp.setFlags(view, 2, tcp.SYN | tcp.ACK);
  tcp.setWindow(view, 2, 0xfaf0);
  tcp.setChecksum(view, 2, 0xbeef);
  t.same(bytes.subarray(2), HEADER.subarray(0, 20));
  t.same(bytes.subarray(0, 2), new Uint8Array(2), "nothing before the header is touched");
});

t.test("every flag has the bit of its letter", async (t) => {
  const bits = [tcp.FIN, tcp.SYN, tcp.RST, tcp.PSH, tcp.ACK, tcp.URG, tcp.ECE, tcp.CWR];
  for (const [index, bit] of bits.entries()) {
    const packet = build({ from: "10.1.2.3:1", to: "10.0.0.1:2", flags: "FSRPAUEC"[index]! });
    t.equal(tcp.flags(viewOf(packet), 20), bit);
  }
});

t.test("isWhole() refuses every truncation of the fixed header", async (t) => {
  for (let end = 0; end < 20; end++) t.notOk(tcp.isWhole(0, end), `${end} bytes`);
  t.ok(tcp.isWhole(0, 20));
  t.notOk(tcp.isWhole(4, 20), "the position counts");
});
