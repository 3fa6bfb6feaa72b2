import fc from "fast-check";
import t from "tap";
import { parseAddress } from "../../src/net/address.ts";
import * as ipv6 from "../../src/wire/ipv6.ts";
import { hex, ip, udp } from "../support/packet.ts";

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A SYN as a kernel's ip_vs forwarded it. */
const RECORDED = hex(`6000000000140640 20010db8000100000000000000000003
  20010db8000c00000000000000000100 9c400050000003e8000000005002ffffb2e80000`);
/** The longest payload, a class and a label with their outer bits set. */
const HEADER = hex(`68180001 ffff 3a ff fe800000000000000000000000000001
  ff020000000000000000000000000002`);
const LINK_LOCAL = parseAddress("fe80::1").words;
const ALL_ROUTERS = parseAddress("ff02::2").words;

t.test("accessors read the fields of a recorded packet", async (t) => {
  const view = viewOf(RECORDED);
  t.equal(ipv6.version(view, 0), 6);
  t.equal(ipv6.trafficClass(view, 0), 0);
  t.equal(ipv6.flowLabel(view, 0), 0);
  t.equal(ipv6.payloadLength(view, 0), 20);
  t.equal(ipv6.totalLength(view, 0), 60);
  t.equal(ipv6.nextHeader(view, 0), 6);
  t.equal(ipv6.hopLimit(view, 0), 64);
  const words = new Uint32Array(4);
  ipv6.readSrc(view, 0, words);
  t.same(words, parseAddress("2001:db8:1::3").words);
  ipv6.readDst(view, 0, words);
  t.same(words, parseAddress("2001:db8:c::100").words);
});

t.test("accessors keep neighbouring fields apart", async (t) => {
  const view = viewOf(HEADER);
  t.equal(ipv6.version(view, 0), 6);
  t.equal(ipv6.trafficClass(view, 0), 0x81);
  t.equal(ipv6.flowLabel(view, 0), 0x80001);
  t.equal(ipv6.totalLength(view, 0), 65575);
  t.equal(ipv6.hopLimit(view, 0), 255);
});

t.test("setters write the header the accessors read", async (t) => {
  const bytes = new Uint8Array(44).fill(0xaa);
  const view = viewOf(bytes);
  ipv6.setClassAndLabel(view, 4, 0x81, 0x80001);
  ipv6.setPayloadLength(view, 4, 0xffff);
  ipv6.setNextHeader(view, 4, 58);
  ipv6.setHopLimit(view, 4, 255);
  ipv6.setSrc(view, 4, LINK_LOCAL);
  ipv6.setDst(view, 4, ALL_ROUTERS);
  t.same(bytes.subarray(4), HEADER);
  t.same(bytes.subarray(0, 4), hex("aaaaaaaa"), "nothing before the header is touched");
});

t.test("isWhole() refuses every truncation", async (t) => {
  const packet = udp({ from: "[2001:db8::1]:53", to: "[2001:db8::2]:53", payload: "x" });
  t.ok(ipv6.isWhole(viewOf(packet), 0, packet.length));
  for (let end = 0; end < packet.length; end++) {
    t.notOk(ipv6.isWhole(viewOf(packet), 0, end), `${end} bytes`);
  }
});

t.test("isWhole() refuses impossible lengths and versions", async (t) => {
  const changed = (at: number, value: number) => {
    const bytes = ip({ from: "2001:db8::1", to: "2001:db8::2", protocol: 59, payload: "abcd" });
    bytes[at] = value;
    return ipv6.isWhole(viewOf(bytes), 0, bytes.length);
  };
  t.ok(changed(5, 4));
  t.ok(changed(5, 0), "bytes behind the packet");
  t.notOk(changed(5, 5), "a packet longer than what is there");
  t.notOk(changed(4, 0xff), "a packet much longer");
  t.notOk(changed(0, 0x45), "version 4");
});

t.test("any header that is written reads as it was meant", async () => {
  const words = fc.tuple(...Array.from({ length: 4 }, () => fc.nat(0xffffffff)));
  fc.assert(
    fc.property(
      fc.nat(255),
      fc.nat(0xfffff),
      fc.nat(0xffff),
      fc.nat(255),
      fc.nat(255),
      words,
      words,
      (tos, label, length, next, hops, source, destination) => {
        const view = new DataView(new ArrayBuffer(ipv6.HEADER_LENGTH));
        ipv6.setDst(view, 0, Uint32Array.from(destination));
        ipv6.setSrc(view, 0, Uint32Array.from(source));
        ipv6.setHopLimit(view, 0, hops);
        ipv6.setNextHeader(view, 0, next);
        ipv6.setPayloadLength(view, 0, length);
        ipv6.setClassAndLabel(view, 0, tos, label);
        const [from, to] = [new Uint32Array(4), new Uint32Array(4)];
        ipv6.readSrc(view, 0, from);
        ipv6.readDst(view, 0, to);
        return (
          ipv6.version(view, 0) === 6 &&
          ipv6.trafficClass(view, 0) === tos &&
          ipv6.flowLabel(view, 0) === label &&
          ipv6.payloadLength(view, 0) === length &&
          ipv6.nextHeader(view, 0) === next &&
          ipv6.hopLimit(view, 0) === hops &&
          from.every((word, index) => word === source[index]) &&
          to.every((word, index) => word === destination[index])
        );
      },
    ),
  );
});
