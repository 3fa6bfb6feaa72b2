import fc from "fast-check";
import t from "tap";
import {
  ipLength,
  ipStart,
  isKnown,
  LINK_TYPE,
  linkHeader,
  writableAs,
} from "../../src/wire/link.ts";
import { concat, hex, udp } from "../support/packet.ts";

const V4 = udp({ from: "10.1.2.3:53", to: "10.0.0.1:53" });
const V6 = udp({ from: "[2001:db8::1]:53", to: "[2001:db8::2]:53" });

function startIn(linkType: number, header: string, packet: Uint8Array): number {
  const bytes = concat(hex(header), packet);
  return ipStart(linkType, new DataView(bytes.buffer), 0, bytes.length);
}

const ETHERNET = "020000000001 020000000002";

t.test("ipStart() finds the packet behind every link header", async (t) => {
  t.equal(startIn(LINK_TYPE.ethernet, `${ETHERNET} 0800`, V4), 14);
  t.equal(startIn(LINK_TYPE.ethernet, `${ETHERNET} 86dd`, V6), 14);
  t.equal(startIn(LINK_TYPE.ethernet, `${ETHERNET} 8100 0007 0800`, V4), 18);
  t.equal(startIn(LINK_TYPE.null, "02000000", V4), 4);
  t.equal(startIn(LINK_TYPE.null, "0000001e", V6), 4);
  t.equal(startIn(LINK_TYPE.loop, "00000002", V4), 4);
  t.equal(startIn(LINK_TYPE.linuxCooked, "0000 0001 0006 0200000000010000 0800", V4), 16);
  t.equal(startIn(LINK_TYPE.linuxCooked, "0000 0001 0006 0200000000010000 86dd", V6), 16);
  t.equal(startIn(LINK_TYPE.ethernet, `${ETHERNET} 88a8 0007 8100 0008 86dd`, V6), 22);
  t.equal(startIn(LINK_TYPE.loop, "0000000a", V6), 4);
  t.equal(
    startIn(LINK_TYPE.linuxCooked2, "86dd 0000 00000001 0001 00 06 0200000000010000", V6),
    20,
  );
  for (const type of [LINK_TYPE.raw, LINK_TYPE.rawBsd, LINK_TYPE.rawOpenBsd]) {
    t.equal(startIn(type, "", V4), 0);
    t.equal(startIn(type, "", V6), 0);
  }
  t.equal(startIn(LINK_TYPE.ipv4, "", V4), 0);
  t.equal(startIn(LINK_TYPE.ipv6, "", V6), 0);
});

t.test("ipStart() finds nothing where no IP packet is", async (t) => {
  t.equal(startIn(LINK_TYPE.ethernet, `${ETHERNET} 0806`, V4), -1, "ARP");
  t.equal(startIn(LINK_TYPE.ethernet, `${ETHERNET} 86dd`, V4), -1, "a version that contradicts");
  t.equal(
    startIn(LINK_TYPE.ethernet, `${ETHERNET} 0800`, hex("")),
    -1,
    "nothing behind the header",
  );
  t.equal(startIn(LINK_TYPE.ethernet, ETHERNET, hex("")), -1, "a header cut short");
  t.equal(startIn(LINK_TYPE.null, "07000000", V4), -1, "another family");
  t.equal(startIn(LINK_TYPE.ipv4, "", V6), -1);
  t.equal(startIn(LINK_TYPE.linuxCooked, "0000 0001 0006 0200000000010000 0806", V4), -1);
  t.equal(startIn(127, "", V4), -1, "a link type unknown here");
  t.notOk(isKnown(127));
  t.ok(isKnown(276));
});

t.test("ipLength() is the length the header claims", async (t) => {
  const bytes = concat(V4, new Uint8Array(18));
  t.equal(ipLength(new DataView(bytes.buffer), 0, bytes.length), V4.length);
  t.equal(ipLength(new DataView(V6.buffer), 0, V6.length), V6.length);
  t.equal(ipLength(new DataView(V4.buffer), 0, 5), 0);
});

t.test("a header that was written leads to the packet behind it", async (t) => {
  for (const type of Object.values(LINK_TYPE)) {
    const output = writableAs(type);
    for (const [family, packet] of [[4, V4] as const, [6, V6] as const]) {
      const header = linkHeader(output, family, 0x020000000002, 0x020000000001);
      const bytes = concat(header, packet);
      t.equal(ipStart(output, new DataView(bytes.buffer), 0, bytes.length), header.length);
    }
  }
  t.same(linkHeader(LINK_TYPE.ethernet, 4, 2, 1), hex("000000000001 000000000002 0800"));
  t.same(linkHeader(LINK_TYPE.ethernet, 6, 2, 1), hex("000000000001 000000000002 86dd"));
});

t.test("ipStart() stays within any frame", async () => {
  const types = fc.constantFrom(...Object.values(LINK_TYPE));
  fc.assert(
    fc.property(types, fc.uint8Array({ maxLength: 40 }), (type, bytes) => {
      const start = ipStart(type, new DataView(bytes.buffer), 0, bytes.length);
      return start === -1 || (start >= 0 && start < bytes.length);
    }),
  );
});
